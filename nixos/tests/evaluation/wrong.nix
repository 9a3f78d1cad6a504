# Configurations that are refused, and a part of the message: it names the option.
let
  embedded = {
    services.watchkeeper = {
      enable = true;
      mode = "embedded";
    };
  };
  with' = settings: {
    imports = [ embedded ];
    services.watchkeeper = settings;
  };
in
{
  token_as_text = {
    module = with' { settings.collector.github.token = "ghp_0123456789"; };
    message = "services.watchkeeper.settings.collector.github.token is a secret as text";
  };
  password_in_a_list = {
    module = with' {
      settings.collector.uptime = [
        {
          url = "https://example.org";
          password = "hunter2";
        }
      ];
    };
    message = "services.watchkeeper.settings.collector.uptime[0].password is a secret as text";
  };
  password_of_librdkafka = {
    module = with' { settings.backends.kafka.settings."sasl.password" = "hunter2"; };
    message = ''services.watchkeeper.settings.backends.kafka.settings."sasl.password" is a secret as text'';
  };
  secret_header = {
    module = with' { settings.collector.github.headers.Authorization = "Bearer 0123"; };
    message = "services.watchkeeper.settings.collector.github.headers.Authorization is a secret as text";
  };
  password_in_a_url = {
    module = with' { settings.backends.store = "postgres://watchkeeper:hunter2@db.example.org/watchkeeper"; };
    message = "services.watchkeeper.settings.backends.store is a URL with a password";
  };
  file_in_the_store = {
    module = with' { settings.collector.github.token_file = ./wrong.nix; };
    message = "services.watchkeeper.settings.collector.github.token_file is a file in the store";
  };
  unknown_credential = {
    module = with' {
      credentials.github = "/run/secrets/github";
      settings.collector.github.token_file = "githib";
    };
    message = "services.watchkeeper.settings.collector.github.token_file must be one of the names in services.watchkeeper.credentials (github)";
  };
  credential_in_the_store = {
    module = with' { credentials.github = ./wrong.nix; };
    message = "services.watchkeeper.credentials.github must be the absolute path";
  };
  credential_as_text = {
    module = with' { credentials.github = "ghp_0123456789"; };
    message = "services.watchkeeper.credentials.github must be the absolute path";
  };
  token_file_in_the_store = {
    module = with' { tokenFile = ./wrong.nix; };
    message = "services.watchkeeper.tokenFile must be the absolute path";
  };
  credential_of_another_role = {
    module.services.watchkeeper = {
      enable = true;
      credentials.github = {
        file = "/run/secrets/github";
        roles = [ "notifier" ];
      };
      settings.collector.github.token_file = "github";
    };
    message = "services.watchkeeper.credentials.github.roles lacks a role that opens services.watchkeeper.settings.collector.github.token_file";
  };
  credential_of_backends_for_one_role = {
    module.services.watchkeeper = {
      enable = true;
      credentials.store = {
        file = "/run/secrets/store";
        roles = [ "persister" ];
      };
      settings.backends.store_file = "store";
      engines.postgresql.createLocally = false;
    };
    message = "services.watchkeeper.credentials.store.roles lacks a role that opens services.watchkeeper.settings.backends.store_file";
  };
  nginx_without_tokens = {
    module = with' {
      nginx.enable = true;
      nginx.tls = false;
    };
    message = "services.watchkeeper.nginx.enable needs services.watchkeeper.settings.token";
  };
  certificate_without_key = {
    module = with' {
      nginx.enable = true;
      nginx.certificate = "/var/lib/certificates/watch.pem";
    };
    message = "services.watchkeeper.nginx.certificate and services.watchkeeper.nginx.certificateKey belong together";
  };
  tokens_without_one_for_monitoring = {
    module.services.watchkeeper = {
      enable = true;
      settings.token = [
        {
          name = "ops";
          scopes = [ "admin" ];
          sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
        }
      ];
    };
    message = "services.watchkeeper.tokenFile is not set";
  };
  no_bus = {
    module.services.watchkeeper = {
      enable = true;
      engines.kafka.createLocally = false;
    };
    message = "services.watchkeeper.settings.backends.bus is not set";
  };
  bus_of_another_host_in_one_process = {
    module = with' { settings.backends.bus = "https://watch.example.org"; };
    message = "services.watchkeeper.settings.backends.bus is the ingest of another host";
  };
  port_used_twice = {
    module.services.watchkeeper = {
      enable = true;
      engines.kafka.controllerPort = 9093;
    };
    message = "Port 9093 has several listeners: services.watchkeeper.engines.kafka.controllerPort, services.prometheus.alertmanager.port";
  };
  no_roles = {
    module.services.watchkeeper = {
      enable = true;
      onlyRoles = [ ];
    };
    message = "services.watchkeeper.onlyRoles is empty";
  };

  # Refused by the module system.
  unknown_role = {
    module = with' { roles.persistor.instances = 2; };
    message = "The option `services.watchkeeper.roles.persistor' does not exist";
    ends = true;
  };
  unknown_option = {
    module = with' { engine.kafka.createLocally = false; };
    message = "The option `services.watchkeeper.engine' does not exist";
    ends = true;
  };
  too_many_instances = {
    module.services.watchkeeper = {
      enable = true;
      roles.persister.instances = 10;
    };
    message = "`services.watchkeeper.roles.persister.instances' is not of type";
    ends = true;
  };
  unknown_mode = {
    module.services.watchkeeper = {
      enable = true;
      mode = "cluster";
    };
    message = "`services.watchkeeper.mode' is not of type";
    ends = true;
  };
  syslog_at_a_port_in_use = {
    module = with' { settings.ingest.syslog.tcp = "0.0.0.0:8460"; };
    message = "Port 8460 has several listeners: services.watchkeeper.settings.http.listen, services.watchkeeper.settings.ingest.syslog.tcp";
  };
}
