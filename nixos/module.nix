# services.watchkeeper: Watchkeeper with everything around it, on one host or some roles of it.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.watchkeeper;
in
{
  imports = [
    ./settings.nix
    ./credentials.nix
    ./roles.nix
    ./ports.nix
    ./nginx.nix
    ./engines/kafka.nix
    ./engines/postgresql.nix
    ./engines/redis.nix
    ./engines/mongodb.nix
    ./monitoring/prometheus.nix
    ./monitoring/alertmanager.nix
    ./monitoring/node-exporter.nix
    ./monitoring/grafana.nix
    ./monitoring/loki.nix
    ./monitoring/graphite.nix
    ./monitoring/statsd.nix
    ./monitoring/influxdb.nix
  ];

  options.services.watchkeeper = {
    enable = lib.mkEnableOption "Watchkeeper, which collects metrics, stores them and notifies";

    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalMD "the package of the flake";
      description = "The package; its units are used as they are.";
    };

    mode = lib.mkOption {
      type = lib.types.enum [
        "roles"
        "embedded"
      ];
      default = "roles";
      description = ''
        `roles`: each role in a process of its own, on engines that they share. `embedded`: all roles in one process,
        which needs no engine.
      '';
    };

    createLocally = lib.mkOption {
      type = lib.types.bool;
      default = cfg.mode == "roles";
      defaultText = lib.literalExpression ''config.services.watchkeeper.mode == "roles"'';
      description = ''
        Whether this host runs the engines and what watches them: the default of `createLocally` of each. The settings
        that this module gives them are defaults, so that yours win.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    systemd.packages = [ cfg.package ];

    users.users.watchkeeper = {
      isSystemUser = true;
      group = "watchkeeper";
      description = "Watchkeeper";
      home = "/var/lib/watchkeeper";
    };
    users.groups.watchkeeper = { };
  };
}
