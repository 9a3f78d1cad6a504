# Grafana: the dashboards of dashboards/, on data sources with fixed uids.
{
  config,
  lib,
  pkgs,
  options,
  ...
}:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.grafana;
  server = config.services.grafana.settings.server;
  prometheus = config.services.prometheus;
  loki = config.services.loki.configuration;
  postgresql = config.services.postgresql;
  compat = import ../compat.nix { inherit config options; };
  createLocally = import ../engines/create-locally.nix { inherit lib cfg; };

  dashboards = ../../dashboards/grafana;
  alerts = ../../dashboards/grafana/alerting.yaml;
  keys = "/var/lib/watchkeeper-grafana";
  credential = name: "$__file{/run/credentials/grafana.service/${name}}";
  readsStore = cfg.engines.postgresql.createLocally;
  schema = cfg.settings.backends.postgres.schema or "watchkeeper";
in
{
  options.services.watchkeeper.monitoring.grafana = {
    createLocally = createLocally "Grafana, with a password of `admin` in `${keys}/admin-password`";
    alerts = lib.mkOption {
      type = lib.types.bool;
      default = cfg.monitoring.prometheus.createLocally;
      defaultText = lib.literalExpression "config.services.watchkeeper.monitoring.prometheus.createLocally";
      description = ''
        Whether Grafana evaluates the same alerts as Prometheus, and shows them on its pages. It notifies nobody until it
        has a contact point.
      '';
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) (
    lib.mkMerge [
      {
        services.grafana = {
          enable = true;
          settings = {
            server.http_addr = lib.mkDefault "127.0.0.1";
            analytics.reporting_enabled = lib.mkDefault false;
            security = {
              secret_key = lib.mkDefault (credential "secret-key");
              admin_password = lib.mkDefault (credential "admin-password");
            };
          };
          provision = {
            enable = true;
            datasources.settings.datasources =
              lib.optional cfg.monitoring.prometheus.createLocally {
                name = "Watchkeeper Prometheus";
                uid = "watchkeeper-prometheus";
                type = "prometheus";
                url = "http://127.0.0.1:${toString prometheus.port}";
              }
              ++ lib.optional cfg.monitoring.loki.createLocally {
                name = "Watchkeeper Loki";
                uid = "watchkeeper-loki";
                type = "loki";
                url = "http://127.0.0.1:${toString loki.server.http_listen_port}";
              }
              ++ lib.optional readsStore {
                name = "Watchkeeper PostgreSQL";
                uid = "watchkeeper-postgresql";
                type = "grafana-postgresql-datasource";
                url = "/run/postgresql";
                user = "grafana";
                jsonData = {
                  database = "watchkeeper";
                  sslmode = "disable";
                };
              };
            dashboards.settings.providers = lib.optional (lib.pathExists dashboards) {
              name = "watchkeeper";
              folder = "Watchkeeper";
              options.path = dashboards;
            };
            alerting.rules.path = lib.mkIf (own.alerts && lib.pathExists alerts) (lib.mkDefault alerts);
          };
        };

        # Made once and kept: what Grafana has encrypted with the key can be read with no other.
        systemd.services.watchkeeper-grafana-keys = {
          description = "Keys of Grafana";
          requiredBy = [ "grafana.service" ];
          before = [ "grafana.service" ];
          path = [ pkgs.coreutils ];
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
            StateDirectory = baseNameOf keys;
            StateDirectoryMode = "0700";
            UMask = "0077";
          };
          script = ''
            for name in secret-key admin-password; do
              if [ ! -s ${keys}/$name ]; then
                head -c 24 /dev/urandom | base64 >${keys}/$name.new
                mv ${keys}/$name.new ${keys}/$name
              fi
            done
          '';
        };
        systemd.services.grafana.serviceConfig.LoadCredential = [
          "secret-key:${keys}/secret-key"
          "admin-password:${keys}/admin-password"
        ];
      }

      (lib.mkIf readsStore {
        services.postgresql.ensureUsers = [ { name = "grafana"; } ];

        systemd.services.watchkeeper-grafana-database = {
          description = "Permission of Grafana to read the store of Watchkeeper";
          wantedBy = [ "multi-user.target" ];
          before = [
            "grafana.service"
          ]
          ++ map (role: "watchkeeper@${role}.service") cfg.enabledRoles;
          requires = [ compat.postgresqlReady ];
          after = [ compat.postgresqlReady ];
          path = [ postgresql.package ];
          environment.PGPORT = toString postgresql.settings.port;
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
            User = "watchkeeper";
            Group = "watchkeeper";
          };
          # Tables that Watchkeeper creates later can be read, too.
          script = ''
            psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 watchkeeper <<'SQL'
            CREATE SCHEMA IF NOT EXISTS "${schema}";
            GRANT USAGE ON SCHEMA "${schema}" TO grafana;
            GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO grafana;
            ALTER DEFAULT PRIVILEGES IN SCHEMA "${schema}" GRANT SELECT ON TABLES TO grafana;
            SQL
          '';
        };
      })
    ]
  );
}
