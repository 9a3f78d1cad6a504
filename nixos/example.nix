# Everything on one host: the roles, their engines, Prometheus, Alertmanager, Grafana, Loki, and nginx with TLS in front.
{
  services.watchkeeper = {
    enable = true;
    nginx.enable = true;
    nginx.hostName = "watch.example.org";
    nginx.openFirewall = true;
    # `watchkeeper token NAME --scope SCOPE` makes a token and prints its hash, to put here.
    settings.token = [
      { name = "ops"; scopes = [ "admin" ]; sha256 = "0000000000000000000000000000000000000000000000000000000000000000"; }
      { name = "monitoring"; scopes = [ "read" ]; sha256 = "0000000000000000000000000000000000000000000000000000000000000001"; }
    ];
    tokenFile = "/run/secrets/monitoring-token";
    settings.notifier.receiver = [ { name = "ops"; mail = [ "ops@example.org" ]; } ];
  };
  security.acme.acceptTerms = true;
  security.acme.defaults.email = "ops@example.org";
}
