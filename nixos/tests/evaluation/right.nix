# Configurations that are accepted, and what holds for each.
{ lib, promises }:
let
  inherit (promises) text unless without;

  everything.imports = [ ../../example.nix ];

  # The example without one engine, which is on another host then.
  withoutEngine = engine: backend: url: unit: {
    module = {
      imports = [ everything ];
      services.watchkeeper.engines.${engine}.createLocally = false;
      services.watchkeeper.settings.backends.${backend} = url;
    };
    promises = without unit;
  };
  withoutMonitoring = name: unit: {
    module = {
      imports = [ everything ];
      services.watchkeeper.monitoring.${name}.createLocally = false;
    };
    promises = without unit;
  };
  wantedBy = config: unit: config.systemd.units.${unit}.wantedBy or [ ];
in
{
  example = {
    module = everything;
    promises =
      config:
      unless (
        lib.length config.services.watchkeeper.enabledRoles == 9
      ) "not all roles run"
      ++ map (unit: "${unit}.service is missing") (
        lib.filter (unit: !config.systemd.services ? ${unit}) [
          "apache-kafka"
          "postgresql"
          "redis-watchkeeper"
          "ferretdb"
          "prometheus"
          "alertmanager"
          "prometheus-node-exporter"
          "grafana"
          "loki"
          "nginx"
        ]
      )
      ++ unless (lib.hasInfix "postgresql." (
        text config "watchkeeper@persister.service"
      )) "the persister does not wait for PostgreSQL to be set up"
      ++ unless (
        config.systemd.services.postgresql.serviceConfig.TimeoutStartSec == "infinity"
      ) "PostgreSQL is killed during a long recovery";
  };

  without_kafka = withoutEngine "kafka" "bus" "kafka://kafka.example.org:9092" "apache-kafka";
  without_postgresql =
    withoutEngine "postgresql" "store" "postgres://watchkeeper@db.example.org/watchkeeper"
      "postgresql";
  without_redis = withoutEngine "redis" "cache" "redis://cache.example.org:6379" "redis-watchkeeper";
  without_mongodb = withoutEngine "mongodb" "rollups" "mongodb://mongo.example.org:27017" "ferretdb";
  without_prometheus = withoutMonitoring "prometheus" "prometheus";
  without_alertmanager = withoutMonitoring "alertmanager" "alertmanager";
  without_node_exporter = withoutMonitoring "nodeExporter" "prometheus-node-exporter";
  without_grafana = withoutMonitoring "grafana" "grafana";
  without_loki = withoutMonitoring "loki" "loki";
  without_nginx = {
    module = {
      imports = [ everything ];
      services.watchkeeper.nginx = {
        enable = lib.mkForce false;
        openFirewall = lib.mkForce false;
      };
    };
    promises = without "nginx";
  };

  on_request = {
    module = {
      imports = [ everything ];
      services.watchkeeper.monitoring = {
        graphite.createLocally = true;
        statsd.createLocally = true;
        influxdb.createLocally = true;
      };
    };
  };

  mongodb_itself = {
    module = {
      imports = [ everything ];
      services.watchkeeper.engines.mongodb.server = "mongodb";
    };
    promises = without "ferretdb";
  };

  not_enabled = {
    module = { };
    promises =
      config:
      map (unit: "${unit} is there") (
        lib.filter (lib.hasPrefix "watchkeeper") (lib.attrNames config.systemd.units)
      )
      ++ without "apache-kafka" config
      ++ without "grafana" config;
  };

  embedded = {
    module.services.watchkeeper = {
      enable = true;
      mode = "embedded";
    };
    promises =
      config:
      unless (
        wantedBy config "watchkeeper-up.service" == [ "multi-user.target" ]
      ) "watchkeeper-up.service is not started"
      ++ without "apache-kafka" config
      ++ without "postgresql" config
      ++ without "grafana" config;
  };

  # Syslog by UDP and TCP at one number, and the journal of the host.
  events = {
    module.services.watchkeeper = {
      enable = true;
      mode = "embedded";
      settings.ingest.syslog.udp = "127.0.0.1:5514";
      settings.ingest.syslog.tcp = "127.0.0.1:5514";
      settings.collector.journal.enabled = true;
    };
    promises =
      config:
      unless (lib.any (
        listener: listener.port == 5514
      ) config.services.watchkeeper.listeners.ports) "the port of syslog is not known";
  };

  # Three lines: the host sends to another one.
  collector_alone = {
    module.services.watchkeeper = {
      enable = true;
      createLocally = false;
      onlyRoles = [ "collector" ];
      settings.backends.bus = "https://watch.example.org";
      credentials.ingest-token = "/run/secrets/ingest-token";
      settings.backends.ingest.token_file = "ingest-token";
    };
    promises =
      config:
      unless (
        config.services.watchkeeper.enabledRoles == [ "collector" ]
      ) "other roles run as well"
      ++ unless (lib.hasInfix "LoadCredential=ingest-token:/run/secrets/ingest-token" (
        text config "watchkeeper@collector.service"
      )) "the collector does not get its token";
  };

  roles_on_another_host = {
    module.services.watchkeeper = {
      enable = true;
      createLocally = false;
      onlyRoles = [
        "persister"
        "cache"
      ];
      roles.persister.instances = 3;
      settings.backends = {
        bus = "kafka://kafka.example.org:9092";
        store_file = "store-url";
        cache = "redis://cache.example.org";
        rollups = "mongodb://mongo.example.org";
      };
      credentials.store-url = "/run/secrets/store-url";
    };
    promises =
      config:
      map (unit: "${unit} is not started") (
        lib.filter (unit: wantedBy config unit == [ ]) [
          "watchkeeper@persister.service"
          "watchkeeper@persister-2.service"
          "watchkeeper@persister-3.service"
          "watchkeeper@cache.service"
        ]
      )
      ++ map (unit: "${unit} does not get the URL of the store") (
        lib.filter (unit: !lib.hasInfix "LoadCredential=store-url:" (text config unit)) [
          "watchkeeper@persister-3.service"
          "watchkeeper@cache.service"
          "watchkeeper-failed@.service"
        ]
      );
  };

  secret_of_one_role = {
    module = {
      imports = [ everything ];
      services.watchkeeper.credentials.github-token = {
        file = "/run/secrets/github-token";
        roles = [ "collector" ];
      };
      services.watchkeeper.settings.collector.github.token_file = "github-token";
    };
    promises =
      config:
      unless (lib.hasInfix "LoadCredential=github-token:/run/secrets/github-token" (
        text config "watchkeeper@collector.service"
      )) "the collector does not get its token"
      ++ map (unit: "${unit} gets the token of the collector") (
        lib.filter (unit: lib.hasInfix "github-token" (text config unit)) [
          "watchkeeper@persister.service"
          "watchkeeper-failed@.service"
        ]
      );
  };

  embedded_behind_nginx = {
    module = {
      imports = [ everything ];
      services.watchkeeper = {
        mode = "embedded";
        nginx.certificate = "/var/lib/certificates/watch.pem";
        nginx.certificateKey = "/var/lib/certificates/watch.key";
      };
    };
    promises =
      config:
      unless (
        lib.attrNames config.services.nginx.virtualHosts."watch.example.org".locations == [ "/" ]
      ) "nginx tells roles apart that are one process";
  };

  # The differences of compat.nix.
  older_release = {
    module.imports = [
      everything
      ./older.nix
    ];
    promises =
      config:
      unless config.services.promtail.enable "Promtail does not ship the journal"
      ++ without "alloy" config
      ++ unless (lib.hasInfix "postgresql.service" (
        text config "watchkeeper@persister.service"
      )) "the persister does not wait for PostgreSQL to be set up";
  };

  # What the operator sets wins over what the module sets.
  own_settings = {
    module = {
      imports = [ everything ];
      services.prometheus.retentionTime = "1y";
      services.apache-kafka.settings."log.dirs" = [ "/srv/kafka" ];
      services.grafana.settings.server.http_port = 3300;
      services.prometheus.scrapeConfigs = [
        {
          job_name = "own";
          static_configs = [ { targets = [ "db.example.org:9187" ]; } ];
        }
      ];
    };
    promises =
      config:
      unless (config.services.prometheus.retentionTime == "1y") "the retention is not the operator's"
      ++ unless (
        config.services.apache-kafka.settings."log.dirs" == [ "/srv/kafka" ]
      ) "the directories of Kafka are not the operator's"
      ++ unless (
        let
          jobs = map (scrape: scrape.job_name) config.services.prometheus.scrapeConfigs;
        in
        lib.all (job: lib.elem job jobs) [
          "own"
          "node"
          "watchkeeper-ingest"
          "watchkeeper-processor"
        ]
      ) "the operator's job does not come in addition to the node exporter and the roles";
  };
}
