# InfluxDB 2, on request, for programs that send to it.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.influxdb;
in
{
  options.services.watchkeeper.monitoring.influxdb = {
    createLocally = lib.mkEnableOption "InfluxDB 2 on this host";
    port = lib.mkOption {
      type = lib.types.port;
      default = 8086;
      description = "Its port on the loopback interface.";
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.influxdb2 = {
      enable = true;
      settings = {
        http-bind-address = lib.mkDefault "127.0.0.1:${toString own.port}";
        reporting-disabled = lib.mkDefault true;
      };
    };
  };
}
