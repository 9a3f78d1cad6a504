# The bus: Apache Kafka in KRaft mode, one broker that is its own controller.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.watchkeeper;
  own = cfg.engines.kafka;
  kafka = config.services.apache-kafka;
  createLocally = import ./create-locally.nix { inherit lib cfg; };
  topics = import ./kafka-topics.nix { inherit lib; };

  bootstrap = "127.0.0.1:${toString own.port}";
  once = lib.mapAttrs (_: lib.mkDefault);
in
{
  options.services.watchkeeper.engines.kafka = {
    createLocally = createLocally "Apache Kafka";
    port = lib.mkOption {
      type = lib.types.port;
      default = 9092;
      description = "The port of the broker on the loopback interface.";
    };
    controllerPort = lib.mkOption {
      type = lib.types.port;
      # 9093, which Kafka's examples have, is Alertmanager's.
      default = 9192;
      description = "The port of the controller on the loopback interface.";
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.watchkeeper = {
      settings.backends.bus = lib.mkDefault "kafka://${bootstrap}";
      enginesReady = [ "apache-kafka.service" ];
    };

    services.apache-kafka = {
      enable = true;
      formatLogDirs = lib.mkDefault true;
      # Any 16 bytes in base64; brokers of one cluster have the same.
      clusterId = lib.mkDefault "d2F0Y2hrZWVwZXItb25lcw";
      jvmOptions = lib.mkDefault [
        "-Xms256m"
        "-Xmx512m"
      ];
      settings = once {
        "process.roles" = [
          "broker"
          "controller"
        ];
        "node.id" = 1;
        "listeners" = [
          "PLAINTEXT://${bootstrap}"
          "CONTROLLER://127.0.0.1:${toString own.controllerPort}"
        ];
        "advertised.listeners" = [ "PLAINTEXT://${bootstrap}" ];
        "listener.security.protocol.map" = [
          "PLAINTEXT:PLAINTEXT"
          "CONTROLLER:PLAINTEXT"
        ];
        "controller.listener.names" = [ "CONTROLLER" ];
        "controller.quorum.voters" = [ "1@127.0.0.1:${toString own.controllerPort}" ];
        "log.dirs" = [ "/var/lib/apache-kafka" ];
        "auto.create.topics.enable" = false;
        # One broker holds the only copy of everything.
        "default.replication.factor" = 1;
        "offsets.topic.replication.factor" = 1;
        "transaction.state.log.replication.factor" = 1;
        "transaction.state.log.min.isr" = 1;
      };
    };

    systemd.services.apache-kafka.serviceConfig = {
      Restart = lib.mkDefault "on-failure";
      RestartSec = lib.mkDefault "5s";
    };

    systemd.services.watchkeeper-topics = {
      description = "Topics of Watchkeeper in Apache Kafka";
      after = [ "apache-kafka.service" ];
      requires = [ "apache-kafka.service" ];
      wantedBy = [ "multi-user.target" ];
      path = [
        kafka.package
        pkgs.coreutils
      ];
      environment = {
        KAFKA_HEAP_OPTS = "-Xmx128m";
        # Kafka's scripts write a log beside themselves otherwise.
        LOG_DIR = "/tmp";
      };
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        User = "watchkeeper";
        Group = "watchkeeper";
        PrivateTmp = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        NoNewPrivileges = true;
      };
      script = ''
        # Kafka's unit is active before the broker answers.
        answered=
        for attempt in $(seq 60); do
          if kafka-topics.sh --bootstrap-server ${bootstrap} --list >/dev/null 2>&1; then
            answered=1
            break
          fi
          sleep 1
        done
        if [ -z "$answered" ]; then
          echo "Kafka at ${bootstrap} did not answer; the roles create their topics when it does" >&2
          exit 0
        fi
      ''
      + topics.creating {
        inherit bootstrap;
        settings = cfg.settings.backends.kafka or { };
      };
    };
  };
}
