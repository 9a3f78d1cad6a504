# The configuration file: checked by the executable when it is built, and free of secrets.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.watchkeeper;
  format = pkgs.formats.toml { };
  secrets = import ./secrets.nix { inherit lib; };

  # Nothing in TOML is null: null takes a default of this module away.
  settings = lib.filterAttrsRecursive (_: value: value != null) cfg.settings;
  unchecked = format.generate "watchkeeper.toml" settings;
  runnable = pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform;
  checked = pkgs.runCommand "watchkeeper.toml" { } ''
    ${lib.concatMapStrings (arguments: ''
      ${lib.getExe cfg.package} check-config ${unchecked} ${arguments}
    '') ([ "" ] ++ map (role: "--role ${role}") cfg.enabledRoles)}
    cp ${unchecked} $out
  '';

  # These backends must be shared when roles have processes of their own, unless everything is sent to another host.
  shared = [
    "bus"
    "store"
    "cache"
    "rollups"
  ];
  engineOf = {
    bus = "kafka";
    store = "postgresql";
    cache = "redis";
    rollups = "mongodb";
  };
  backends = settings.backends or { };
  isSet = name: backends ? ${name} || backends ? "${name}_file";
  sendsElsewhere = lib.hasPrefix "http" (backends.bus or "");
in
{
  options.services.watchkeeper = {
    settings = lib.mkOption {
      type = lib.types.submodule { freeformType = format.type; };
      default = { };
      example = lib.literalExpression ''
        {
          collector.uptime = [ { url = "https://www.example.org/"; } ];
          notifier.receiver = [ { name = "ops"; mail = [ "ops@example.org" ]; } ];
        }
      '';
      description = ''
        The configuration file, as in `examples/watchkeeper.toml`. The executable checks it when the system is built.
        Secrets never go here, because every user of the host can read the store: a key that ends in `_file` takes the
        name of one of `services.watchkeeper.credentials`.
      '';
    };

    checkSettings = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = ''
        Whether the executable checks the settings when the system is built. Needs to be off if `include` names files
        that exist on the host only.
      '';
    };

    configFile = lib.mkOption {
      type = lib.types.path;
      internal = true;
      readOnly = true;
      default = if cfg.checkSettings && runnable then checked else unchecked;
      description = "The configuration file.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.etc."watchkeeper/watchkeeper.toml".source = cfg.configFile;

    services.watchkeeper.settings = lib.mkMerge (
      lib.mapAttrsToList (
        name: role: lib.mkIf (role.settings != { }) { ${name} = role.settings; }
      ) cfg.roles
    );

    assertions =
      secrets.assertions {
        option = "services.watchkeeper.settings";
        inherit settings;
        credentials = lib.attrNames cfg.credentials;
      }
      ++ lib.optionals (cfg.mode == "roles" && !sendsElsewhere) (
        map (name: {
          assertion = isSet name;
          message = ''
            services.watchkeeper.settings.backends.${name} is not set: roles in processes of their own must share it.
            Set it (or ${name}_file), or set services.watchkeeper.engines.${engineOf.${name}}.createLocally, or
            services.watchkeeper.mode = "embedded".'';
        }) shared
      )
      ++ [
        {
          assertion = cfg.mode == "embedded" -> !sendsElsewhere;
          message = ''
            services.watchkeeper.settings.backends.bus is the ingest of another host, where all roles in one process
            cannot work: set services.watchkeeper.mode = "roles" and services.watchkeeper.onlyRoles = [ "collector" ].'';
        }
      ];
  };
}
