# Alertmanager: gets the alerts of Prometheus and those of Watchkeeper.
{ config, lib, ... }:
let
  cfg = config.services.watchkeeper;
  own = cfg.monitoring.alertmanager;
  alertmanager = config.services.prometheus.alertmanager;
  createLocally = import ../engines/create-locally.nix { inherit lib cfg; };
  address = "127.0.0.1:${toString alertmanager.port}";
in
{
  options.services.watchkeeper.monitoring.alertmanager = {
    createLocally = createLocally "Alertmanager";
    receiver = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      default = { };
      example = lib.literalExpression ''
        { email_configs = [ { to = "ops@example.org"; from = "alerts@example.org"; smarthost = "mail.example.org:587"; } ]; }
      '';
      description = ''
        Where Alertmanager sends alerts, as in a `receiver` of its configuration. Without it, they are only on its pages.
        `services.prometheus.alertmanager.configuration` replaces all of it.
      '';
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) {
    services.prometheus.alertmanager = {
      enable = true;
      listenAddress = lib.mkDefault "127.0.0.1";
      # It has no peers.
      extraFlags = [ "--cluster.listen-address=" ];
      configuration = lib.mkDefault {
        route = {
          receiver = "operators";
          group_by = [ "alertname" ];
        };
        receivers = [ ({ name = "operators"; } // own.receiver) ];
      };
    };

    services.prometheus.alertmanagers = lib.mkIf cfg.monitoring.prometheus.createLocally [
      { static_configs = [ { targets = [ address ]; } ]; }
    ];

    services.watchkeeper.settings.notifier.alertmanager.url = lib.mkDefault "http://${address}";
  };
}
