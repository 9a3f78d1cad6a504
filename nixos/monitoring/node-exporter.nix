# The node exporter: this host, for Prometheus.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.nodeExporter;
  node = config.services.prometheus.exporters.node;
  createLocally = import ../engines/create-locally.nix { inherit lib cfg; };
in
{
  options.services.watchkeeper.monitoring.nodeExporter.createLocally =
    createLocally "the node exporter of Prometheus";

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.prometheus.exporters.node = {
      enable = true;
      listenAddress = lib.mkDefault "127.0.0.1";
      enabledCollectors = [ "systemd" ];
    };

    services.prometheus.scrapeConfigs = lib.mkIf cfg.monitoring.prometheus.createLocally [
      {
        job_name = "node";
        static_configs = [ { targets = [ "127.0.0.1:${toString node.port}" ]; } ];
      }
    ];
  };
}
