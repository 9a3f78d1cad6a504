# The option that every engine has.
{ lib, cfg }:
what:
lib.mkOption {
  type = lib.types.bool;
  default = cfg.createLocally;
  defaultText = lib.literalExpression "config.services.watchkeeper.createLocally";
  description = "Whether this host runs ${what}.";
}
