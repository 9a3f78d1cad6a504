# Prometheus: scrapes every process of Watchkeeper on this host, and evaluates the alert rules of dashboards/.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.prometheus;
  createLocally = import ../engines/create-locally.nix { inherit lib cfg; };
  hasTokens = cfg.settings.token or [ ] != [ ];

  secrets = import ../secrets.nix { inherit lib; };
  rules = ../../dashboards/prometheus/rules.yml;

  job = name: addresses: {
    job_name = "watchkeeper-${name}";
    static_configs = [ { targets = addresses; } ];
    authorization = lib.mkIf (cfg.tokenFile != null) {
      type = "Bearer";
      credentials_file = "/run/credentials/prometheus.service/watchkeeper-token";
    };
  };
in
{
  options.services.watchkeeper = {
    monitoring.prometheus.createLocally = createLocally "Prometheus";

    tokenFile = lib.mkOption {
      type = lib.types.nullOr (lib.types.either lib.types.str lib.types.path);
      default = null;
      example = "/run/secrets/watchkeeper-read-token";
      description = ''
        A file outside the store with a token of the scope `read`, for Prometheus and for the analytics role. Needed when
        the settings have a `[[token]]`: `watchkeeper token monitoring --scope read` makes one.
      '';
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      (lib.mkIf (cfg.tokenFile != null) {
        services.watchkeeper = {
          credentials.monitoring-token = {
            file = cfg.tokenFile;
            roles = [ "analytics" ];
          };
          settings.analytics.token_file = lib.mkIf (cfg.mode == "roles") (lib.mkDefault "monitoring-token");
        };
      })
      {
        assertions = [
          {
            assertion = cfg.tokenFile == null || secrets.isOutside cfg.tokenFile;
            message = ''
              services.watchkeeper.tokenFile must be the absolute path, as a string, of a file outside the store: every
              user of this host can read the store.'';
          }
          {
            assertion =
              hasTokens && (own.createLocally || lib.elem "analytics" cfg.enabledRoles)
              -> cfg.tokenFile != null || cfg.settings ? analytics.token_file && !own.createLocally;
            message = ''
              services.watchkeeper.tokenFile is not set: as services.watchkeeper.settings.token requires tokens,
              Prometheus and analytics need one of the scope `read`.'';
          }
        ];
      }
      (lib.mkIf own.createLocally {
        services.prometheus = {
          enable = true;
          listenAddress = lib.mkDefault "127.0.0.1";
          retentionTime = lib.mkDefault "30d";
          globalConfig.scrape_interval = lib.mkDefault "15s";
          scrapeConfigs = lib.mapAttrsToList job cfg.listeners.metrics;
          ruleFiles = lib.optional (lib.pathExists rules) rules;
          # The file with the token does not exist while the system is built.
          checkConfig = lib.mkIf (cfg.tokenFile != null) (lib.mkDefault "syntax-only");
        };
        systemd.services.prometheus.serviceConfig.LoadCredential = lib.mkIf (
          cfg.tokenFile != null
        ) [ "watchkeeper-token:${cfg.tokenFile}" ];
      })
    ]
  );
}
