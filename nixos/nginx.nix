# nginx in front of the pages and the API, with TLS.
{ config, lib, ... }:
let
  inherit (lib) types;
  cfg = config.services.watchkeeper;
  own = cfg.nginx;
  grafana = config.services.grafana.settings.server;
  hasTokens = cfg.settings.token or [ ] != [ ];
  at = role: "http://${cfg.listeners.http.${role}}";

  location = role: {
    proxyPass = at role;
    # Live streams are passed on as they come.
    extraConfig = ''
      proxy_buffering off;
      proxy_read_timeout 1h;
      client_max_body_size 64m;
    '';
  };

  # The paths of roles that have processes of their own; the console has all others.
  ofRoles = {
    "/v1/" = location "api";
    "= /openapi.json" = location "api";
    "/v1/heartbeats/" = location "ingest";
    "= /v1/refusals" = location "ingest";
    "= /api/v1/metrics" = location "ingest";
    # Posted to ingest, queried from the api.
    "= /v1/samples" = location "api" // {
      proxyPass = "http://$watchkeeper_samples";
    };
  };
in
{
  options.services.watchkeeper.nginx = {
    enable = lib.mkEnableOption "nginx in front of the pages, the API and Grafana";

    hostName = lib.mkOption {
      type = types.str;
      default = config.networking.fqdnOrHostName;
      defaultText = lib.literalExpression "config.networking.fqdnOrHostName";
      example = "watch.example.org";
      description = "The name under which browsers and senders reach Watchkeeper.";
    };

    grafanaHostName = lib.mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "grafana.example.org";
      description = "The name under which browsers reach Grafana; null keeps it on this host.";
    };

    tls = lib.mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether to serve TLS and redirect to it. Without it, tokens and samples are sent in plain text.
      '';
    };

    acme = lib.mkOption {
      type = types.bool;
      default = own.certificate == null;
      defaultText = lib.literalMD "whether there is no `certificate`";
      description = "Whether to get certificates by ACME (Let's Encrypt); needs `security.acme`.";
    };

    certificate = lib.mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/var/lib/certificates/watch.pem";
      description = "The certificate with its chain, in PEM, instead of one by ACME.";
    };

    certificateKey = lib.mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/var/lib/certificates/watch.key";
      description = "Its key: a file outside the store that nginx can read.";
    };

    openFirewall = lib.mkOption {
      type = types.bool;
      default = false;
      description = "Whether to open the ports of nginx in the firewall. Nothing else is ever opened.";
    };
  };

  config = lib.mkIf (cfg.enable && own.enable) (
    let
      secure = {
        forceSSL = lib.mkDefault own.tls;
        enableACME = lib.mkDefault (own.tls && own.acme);
      }
      // lib.optionalAttrs (own.tls && own.certificate != null) {
        sslCertificate = lib.mkDefault own.certificate;
        sslCertificateKey = lib.mkDefault own.certificateKey;
      };
    in
    {
      assertions = [
        {
          assertion = hasTokens;
          message = ''
            services.watchkeeper.nginx.enable needs services.watchkeeper.settings.token: without a token, everybody who
            reaches nginx could read and send everything. `watchkeeper token NAME --scope admin` makes one.'';
        }
        {
          assertion = (own.certificate == null) == (own.certificateKey == null);
          message = "services.watchkeeper.nginx.certificate and services.watchkeeper.nginx.certificateKey belong together: one of them is not set.";
        }
        {
          assertion = own.tls -> own.acme || own.certificate != null;
          message = "services.watchkeeper.nginx.tls needs a certificate: set services.watchkeeper.nginx.acme, or services.watchkeeper.nginx.certificate and certificateKey.";
        }
        {
          assertion = own.certificateKey == null || !lib.hasPrefix builtins.storeDir own.certificateKey;
          message = "services.watchkeeper.nginx.certificateKey is in the store, which every user of this host can read: name a file outside it.";
        }
        {
          assertion = own.grafanaHostName == null || cfg.monitoring.grafana.createLocally;
          message = "services.watchkeeper.nginx.grafanaHostName needs services.watchkeeper.monitoring.grafana.createLocally.";
        }
      ];

      services.nginx = {
        enable = true;
        recommendedProxySettings = lib.mkDefault true;
        recommendedTlsSettings = lib.mkDefault true;
        recommendedGzipSettings = lib.mkDefault true;

        upstreams = lib.mkIf (cfg.mode == "roles") {
          watchkeeper_ingest.servers.${cfg.listeners.http.ingest} = { };
          watchkeeper_api.servers.${cfg.listeners.http.api} = { };
        };
        appendHttpConfig = lib.mkIf (cfg.mode == "roles") ''
          map $request_method $watchkeeper_samples {
            POST watchkeeper_ingest;
            default watchkeeper_api;
          }
        '';

        virtualHosts = lib.mkMerge [
          {
            ${own.hostName} = secure // {
              locations = {
                "/" = location "console";
              }
              // lib.optionalAttrs (cfg.mode == "roles") ofRoles;
            };
          }
          (lib.mkIf (own.grafanaHostName != null) {
            ${own.grafanaHostName} = secure // {
              locations."/" = {
                proxyPass = "http://${grafana.http_addr}:${toString grafana.http_port}";
                proxyWebsockets = true;
              };
            };
          })
        ];
      };

      services.grafana.settings.server = lib.mkIf (own.grafanaHostName != null) {
        domain = lib.mkDefault own.grafanaHostName;
        root_url = lib.mkDefault "${if own.tls then "https" else "http"}://${own.grafanaHostName}/";
      };

      services.watchkeeper.settings.notifier.page_url = lib.mkDefault "${
        if own.tls then "https" else "http"
      }://${own.hostName}";

      networking.firewall.allowedTCPPorts = lib.mkIf own.openFirewall (
        [ config.services.nginx.defaultHTTPListenPort ]
        ++ lib.optional own.tls config.services.nginx.defaultSSLListenPort
      );
    }
  );
}
