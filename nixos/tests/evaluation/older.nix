# What NixOS 25.05 has and later releases have not: Promtail, and a PostgreSQL that is set up by the unit of its server.
# Stand-ins with the options that the module uses, in place of the modules of the release that evaluates this.
{ lib, config, ... }:
{
  disabledModules = [
    "rename.nix"
    "services/databases/postgresql.nix"
  ];

  options.services = {
    promtail = {
      enable = lib.mkEnableOption "Promtail";
      configuration = lib.mkOption {
        type = lib.types.attrsOf lib.types.anything;
        default = { };
      };
    };
    postgresql = lib.mkOption {
      type = lib.types.submodule {
        freeformType = lib.types.attrsOf lib.types.anything;
        options = {
          enable = lib.mkEnableOption "PostgreSQL";
          package = lib.mkOption {
            type = lib.types.str;
            default = "/run/postgresql-package";
          };
          ensureUsers = lib.mkOption { type = lib.types.listOf lib.types.attrs; };
          settings.port = lib.mkOption {
            type = lib.types.port;
            default = 5432;
          };
        };
      };
      default = { };
    };
  };

  config.systemd.services = {
    promtail = lib.mkIf config.services.promtail.enable { script = "true"; };
    postgresql.script = "true";
  };
}
