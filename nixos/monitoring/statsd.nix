# StatsD, on request: Prometheus' exporter accepts it on UDP and TCP port 9125.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.statsd;
  statsd = config.services.prometheus.exporters.statsd;
in
{
  options.services.watchkeeper.monitoring.statsd = {
    createLocally = lib.mkEnableOption "a StatsD server on this host, which Prometheus scrapes";
    port = lib.mkOption {
      type = lib.types.port;
      default = 9125;
      description = "Its port for StatsD on the loopback interface, UDP and TCP.";
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.prometheus.exporters.statsd = {
      enable = true;
      listenAddress = lib.mkDefault "127.0.0.1";
      extraFlags = [
        "--statsd.listen-udp=127.0.0.1:${toString own.port}"
        "--statsd.listen-tcp=127.0.0.1:${toString own.port}"
      ];
    };

    services.prometheus.scrapeConfigs = lib.mkIf cfg.monitoring.prometheus.createLocally [
      {
        job_name = "statsd";
        static_configs = [ { targets = [ "127.0.0.1:${toString statsd.port}" ]; } ];
      }
    ];
  };
}
