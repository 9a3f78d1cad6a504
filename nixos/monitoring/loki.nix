# Loki: keeps the journal of Watchkeeper and of its engines, shipped by Promtail or Alloy.
{
  config,
  lib,
  options,
  ...
}:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.loki;
  loki = config.services.loki;
  compat = import ../compat.nix { inherit config options; };
  createLocally = import ../engines/create-locally.nix { inherit lib cfg; };
  journal = import ./journal.nix { inherit lib; };
  push = "http://127.0.0.1:${toString loki.configuration.server.http_listen_port}/loki/api/v1/push";
  defaults = lib.mapAttrsRecursive (_: lib.mkDefault);
in
{
  options.services.watchkeeper.monitoring.loki = {
    createLocally = createLocally "Loki, and Promtail or Alloy, which ship the journal to it";
    shipper = lib.mkOption {
      type = lib.types.enum [
        "promtail"
        "alloy"
      ];
      default = if compat.hasPromtail then "promtail" else "alloy";
      defaultText = lib.literalMD "`promtail` where NixOS still has it, else `alloy`";
      description = "What ships the journal.";
    };
    retention = lib.mkOption {
      type = lib.types.str;
      default = "720h";
      description = "How long logs are kept.";
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) (
    lib.mkMerge [
      {
        services.loki = {
          enable = true;
          configuration = defaults {
            auth_enabled = false;
            analytics.reporting_enabled = false;
            server = {
              http_listen_address = "127.0.0.1";
              http_listen_port = 3100;
              grpc_listen_address = "127.0.0.1";
              grpc_listen_port = 9095;
            };
            common = {
              path_prefix = loki.dataDir;
              replication_factor = 1;
              instance_addr = "127.0.0.1";
              ring.kvstore.store = "inmemory";
            };
            schema_config.configs = [
              {
                from = "2024-01-01";
                store = "tsdb";
                object_store = "filesystem";
                schema = "v13";
                index = {
                  prefix = "index_";
                  period = "24h";
                };
              }
            ];
            storage_config.filesystem.directory = "${loki.dataDir}/chunks";
            limits_config.retention_period = own.retention;
            compactor = {
              working_directory = "${loki.dataDir}/compactor";
              retention_enabled = true;
              delete_request_store = "filesystem";
            };
          };
        };
      }
      (lib.mkIf (own.shipper == "alloy") {
        services.alloy.enable = true;
        environment.etc."alloy/watchkeeper.alloy".text = journal.alloy push;
      })
      (lib.optionalAttrs compat.hasPromtail (
        lib.mkIf (own.shipper == "promtail") {
          services.promtail = {
            enable = true;
            configuration = defaults {
              server = {
                http_listen_address = "127.0.0.1";
                http_listen_port = 9080;
                grpc_listen_port = 0;
              };
              clients = [ { url = push; } ];
              positions.filename = "/var/cache/promtail/positions.yaml";
              scrape_configs = [ journal.promtail ];
            };
          };
        }
      ))
    ]
  );
}
