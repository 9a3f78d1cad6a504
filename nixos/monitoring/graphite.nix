# Graphite, on request: carbon keeps what other programs send, graphite-web answers queries for Grafana.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.graphite;
  web = config.services.graphite.web;
in
{
  options.services.watchkeeper.monitoring.graphite.createLocally = lib.mkEnableOption "Graphite on this host";

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.graphite = {
      carbon = {
        enableCache = true;
        storageSchemas = lib.mkDefault ''
          [default]
          pattern = .*
          retentions = 15s:7d,1m:30d,10m:2y
        '';
      };
      web = {
        enable = true;
        listenAddress = lib.mkDefault "127.0.0.1";
        port = lib.mkDefault 8080;
      };
    };

    services.grafana.provision.datasources.settings.datasources =
      lib.mkIf cfg.monitoring.grafana.createLocally
        [
          {
            name = "Watchkeeper Graphite";
            uid = "watchkeeper-graphite";
            type = "graphite";
            url = "http://127.0.0.1:${toString web.port}";
            jsonData.graphiteVersion = "1.1";
          }
        ];
  };
}
