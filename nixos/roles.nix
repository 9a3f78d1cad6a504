# The roles of this host, as instances of the packaged units.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) types;
  cfg = config.services.watchkeeper;
  table = import ./table.nix { inherit lib; };

  role =
    { name, ... }:
    {
      options = {
        enable = lib.mkOption {
          type = types.bool;
          default = lib.elem name cfg.onlyRoles;
          defaultText = lib.literalMD "whether `services.watchkeeper.onlyRoles` has it";
          description = "Whether this host runs it.";
        };
        instances = lib.mkOption {
          type = types.ints.between 1 9;
          default = 1;
          description = ''
            How many processes of it this host runs. The listeners of instance N are on the ports of the role plus
            100 × (N − 1).
          '';
        };
        settings = lib.mkOption {
          type = (pkgs.formats.toml { }).type;
          default = { };
          description = "Its section of the configuration file: the same as `services.watchkeeper.settings.ROLE`.";
        };
      };
    };

  # The units of systemd/ that this host starts, with the role whose secrets they get; null for those of all roles.
  units =
    if cfg.mode == "embedded" then
      [
        {
          name = "watchkeeper-up";
          role = null;
        }
      ]
    else
      lib.concatMap (
        role:
        map (number: {
          name = "watchkeeper@${role}${lib.optionalString (number > 1) "-${toString number}"}";
          inherit role;
        }) (lib.range 1 cfg.roles.${role}.instances)
      ) cfg.enabledRoles;

  credentialsOf =
    role:
    lib.mapAttrsToList (name: credential: "${name}:${credential.file}") (
      lib.filterAttrs (
        _: credential: role == null || credential.roles == null || lib.elem role credential.roles
      ) cfg.credentials
    );

  # A reload applies all settings but these, which need a restart.
  fixed = {
    sections = map (name: cfg.settings.${name} or { }) [
      "http"
      "grpc"
      "listen"
      "backends"
      "api"
      "analytics"
    ];
    spools = map (role: cfg.settings.${role}.spool or { }) [
      "ingest"
      "collector"
    ];
  };

  unit =
    { name, role }:
    {
      overrideStrategy = "asDropin";
      wantedBy = [ (if role == null then "multi-user.target" else "watchkeeper.target") ];
      after = cfg.enginesReady;
      # The collector asks systemd for failed units.
      path = [ config.systemd.package ];
      # The sockets stay in systemd's store over a restart, but not over a stop.
      stopIfChanged = false;
      reloadTriggers = [ cfg.configFile ];
      restartTriggers = [ (builtins.toJSON fixed) ];
      serviceConfig.LoadCredential = credentialsOf role;
    };
in
{
  options.services.watchkeeper = {
    onlyRoles = lib.mkOption {
      type = types.listOf (types.enum table.names);
      default = table.names;
      defaultText = lib.literalMD "all roles";
      example = [ "collector" ];
      description = "The roles that this host runs.";
    };

    roles = lib.genAttrs table.names (
      name:
      lib.mkOption {
        type = types.submodule role;
        default = { };
        description = "${table.of.${name}.about}.";
      }
    );

    enabledRoles = lib.mkOption {
      type = types.listOf types.str;
      internal = true;
      readOnly = true;
      default = lib.optionals (cfg.mode == "roles") (
        lib.filter (name: cfg.roles.${name}.enable) table.names
      );
      description = "The roles that have processes of their own on this host.";
    };

    enginesReady = lib.mkOption {
      type = types.listOf types.str;
      internal = true;
      default = [ ];
      description = "The units after which the engines on this host can be used. Roles wait for engines in any case.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.mode == "roles" -> cfg.enabledRoles != [ ];
        message = "services.watchkeeper.onlyRoles is empty and no services.watchkeeper.roles.NAME.enable is set: this host would run nothing.";
      }
    ];

    systemd.targets.watchkeeper = lib.mkIf (cfg.mode == "roles") {
      overrideStrategy = "asDropin";
      wantedBy = [ "multi-user.target" ];
    };

    systemd.services = lib.listToAttrs (map (one: lib.nameValuePair one.name (unit one)) units) // {
      # Notifies when another unit has failed, with the secrets of the notifier.
      "watchkeeper-failed@" = {
        overrideStrategy = "asDropin";
        serviceConfig.LoadCredential = credentialsOf "notifier";
      };
    };
  };
}
