# Secrets, which systemd hands to the units from files outside the store.
{ config, lib, ... }:
let
  inherit (lib) types;
  cfg = config.services.watchkeeper;

  credential = types.submodule {
    options = {
      file = lib.mkOption {
        type = types.either types.str types.path;
        example = "/run/secrets/github-token";
        description = "The absolute path of the file on the host, outside the store.";
      };
      roles = lib.mkOption {
        type = types.nullOr (types.listOf (types.enum (lib.attrNames cfg.roles)));
        default = null;
        example = [ "collector" ];
        description = ''
          The roles that get it; all of them if null, as every role needs the secrets of `settings.backends`.
        '';
      };
    };
  };

  secrets = import ./secrets.nix { inherit lib; };
  inherit (secrets) isOutside;

  # A role opens the secrets of [backends] and of its own section.
  ofSection =
    section: allowed:
    map (used: used // { inherit allowed; }) (
      secrets.uses "services.watchkeeper.settings.${section}" (cfg.settings.${section} or { }) (
        lib.attrNames cfg.credentials
      )
    );
  uses =
    ofSection "backends" (roles: roles == null)
    ++ lib.concatMap (role: ofSection role (roles: roles == null || lib.elem role roles)) cfg.enabledRoles;
  withheld = lib.filter (
    used: !used.allowed cfg.credentials.${used.credential}.roles
  ) (lib.optionals (cfg.mode == "roles") uses);
in
{
  options.services.watchkeeper.credentials = lib.mkOption {
    type = types.attrsOf (
      types.coercedTo (types.either types.str types.path) (file: { inherit file; }) credential
    );
    default = { };
    example = lib.literalExpression ''
      {
        smtp-password = "/run/secrets/smtp-password";
        github-token = { file = "/run/secrets/github-token"; roles = [ "collector" ]; };
      }
    '';
    description = ''
      Files with secrets, by the name under which the settings mention them: with
      `services.watchkeeper.credentials.github-token` the setting is `token_file = "github-token"`. systemd reads them
      (`LoadCredential=`) when a unit starts, so root alone needs to be able to.
    '';
  };

  config.assertions = lib.mkIf cfg.enable (
    map (used: {
      assertion = false;
      message = ''
        services.watchkeeper.credentials.${used.credential}.roles lacks a role that opens ${used.option}: every role opens
        the secrets of `backends`, and its own. Add it, or take `roles` away.'';
    }) withheld
    ++ lib.concatLists (
      lib.mapAttrsToList (name: credential: [
        {
          assertion = isOutside credential.file;
          message = ''
            services.watchkeeper.credentials.${name} must be the absolute path, as a string, of a file outside the store,
            such as "/run/secrets/${name}": every user of this host can read the store. It is not shown here, as it may
            be a secret.'';
        }
        {
          assertion = builtins.match "[A-Za-z0-9][A-Za-z0-9._-]*" name != null && name != "all" && name != "role";
          message = ''
            services.watchkeeper.credentials.${name}: a name has letters, digits, dots, dashes and underscores, and is
            neither `all` nor `role`, which the units use themselves.'';
        }
      ]) cfg.credentials
    )
  );
}
