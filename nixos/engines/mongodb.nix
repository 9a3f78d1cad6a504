# The rollups: FerretDB, or MongoDB itself, whose licence is not free.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.watchkeeper;
  own = cfg.engines.mongodb;
  createLocally = import ./create-locally.nix { inherit lib cfg; };
  isFerret = own.server == "ferretdb";
in
{
  options.services.watchkeeper.engines.mongodb = {
    createLocally = createLocally "the server of MongoDB's protocol";
    server = lib.mkOption {
      type = lib.types.enum [
        "ferretdb"
        "mongodb"
      ];
      default = "ferretdb";
      description = ''
        `ferretdb`: FerretDB on SQLite, which is slow with more than some hundred series. `mongodb`: MongoDB, of which
        nixpkgs asks `nixpkgs.config.allowUnfree`.
      '';
    };
    port = lib.mkOption {
      type = lib.types.port;
      default = 27017;
      description = "Its port on the loopback interface.";
    };
  };

  config = lib.mkIf (cfg.enable && own.createLocally) (
    lib.mkMerge [
      {
        services.watchkeeper = {
          settings.backends.rollups = lib.mkDefault "mongodb://127.0.0.1:${toString own.port}";
          enginesReady = [ "${own.server}.service" ];
        };
      }
      (lib.mkIf isFerret {
        services.ferretdb = {
          enable = true;
          settings = {
            FERRETDB_LISTEN_ADDR = lib.mkDefault "127.0.0.1:${toString own.port}";
            # No listener for debugging.
            FERRETDB_DEBUG_ADDR = lib.mkDefault "-";
          };
        };
      })
      (lib.mkIf (!isFerret) {
        services.mongodb = {
          enable = true;
          package = lib.mkDefault pkgs.mongodb-ce;
          bind_ip = lib.mkDefault "127.0.0.1";
          extraConfig = lib.mkDefault "net.port: ${toString own.port}";
        };
      })
    ]
  );
}
