# No two listeners of this host have the same port.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  inherit (cfg) engines monitoring;
  services = config.services;

  when = condition: option: port: lib.optional condition { inherit option port; };
  exporters = services.prometheus.exporters;
  loki = services.loki.configuration.server;

  # Only what this module has switched on: of other services it cannot know what listens.
  ofEngines =
    when engines.kafka.createLocally "services.watchkeeper.engines.kafka.port" engines.kafka.port
    ++ when engines.kafka.createLocally "services.watchkeeper.engines.kafka.controllerPort" engines.kafka.controllerPort
    ++ when engines.postgresql.createLocally "services.postgresql.settings.port" services.postgresql.settings.port
    ++ when (
      engines.redis.createLocally && services.redis.servers.watchkeeper.port != 0
    ) "services.redis.servers.watchkeeper.port" services.redis.servers.watchkeeper.port
    ++ when engines.mongodb.createLocally "services.watchkeeper.engines.mongodb.port" engines.mongodb.port;
  ofMonitoring =
    when monitoring.prometheus.createLocally "services.prometheus.port" services.prometheus.port
    ++ when monitoring.alertmanager.createLocally "services.prometheus.alertmanager.port" services.prometheus.alertmanager.port
    ++ when monitoring.nodeExporter.createLocally "services.prometheus.exporters.node.port" exporters.node.port
    ++ when monitoring.grafana.createLocally "services.grafana.settings.server.http_port" services.grafana.settings.server.http_port
    ++ lib.optionals monitoring.loki.createLocally (
      when true "services.loki.configuration.server.http_listen_port" loki.http_listen_port
      ++ when true "services.loki.configuration.server.grpc_listen_port" loki.grpc_listen_port
      ++ when (monitoring.loki.shipper == "alloy") "services.alloy (its default)" 12345
      ++ when (monitoring.loki.shipper == "promtail") "services.promtail.configuration.server.http_listen_port" services.promtail.configuration.server.http_listen_port
    )
    ++ lib.optionals monitoring.graphite.createLocally (
      when true "services.graphite.web.port" services.graphite.web.port
      ++ when true "services.graphite.carbon (lines)" 2003
      ++ when true "services.graphite.carbon (pickles)" 2004
      ++ when true "services.graphite.carbon (queries)" 7002
    )
    ++ when monitoring.statsd.createLocally "services.watchkeeper.monitoring.statsd.port" monitoring.statsd.port
    ++ when monitoring.statsd.createLocally "services.prometheus.exporters.statsd.port" exporters.statsd.port
    ++ when monitoring.influxdb.createLocally "services.watchkeeper.monitoring.influxdb.port" monitoring.influxdb.port
    ++ lib.optionals cfg.nginx.enable (
      when true "services.nginx.defaultHTTPListenPort" services.nginx.defaultHTTPListenPort
      ++ when cfg.nginx.tls "services.nginx.defaultSSLListenPort" services.nginx.defaultSSLListenPort
    );

  byPort = lib.groupBy (listener: toString listener.port) cfg.listeners.ports;
  shared = lib.filterAttrs (_: listeners: lib.length listeners > 1) byPort;
in
{
  options.services.watchkeeper.listeners = lib.mkOption {
    type = lib.types.raw;
    internal = true;
    readOnly = true;
    description = "The listeners of this host: `http` and `metrics` of Watchkeeper, and the `ports` of everything.";
    default =
      let
        own = import ./listeners.nix { inherit lib cfg; };
      in
      own // { ports = own.ports ++ ofEngines ++ ofMonitoring; };
  };

  config.assertions = lib.mkIf cfg.enable (
    lib.mapAttrsToList (port: listeners: {
      assertion = false;
      message = "Port ${port} has several listeners: ${
        lib.concatMapStringsSep ", " (listener: listener.option) listeners
      }. Give each another one.";
    }) shared
  );
}
