# The table of roles: roles.ndjson is the output of `watchkeeper roles --json`, and a test holds it to that.
{ lib }:
let
  lines = lib.filter (line: line != "") (lib.splitString "\n" (builtins.readFile ./roles.ndjson));
  roles = map builtins.fromJSON lines;
in
{
  # In start order.
  names = map (role: role.name) roles;

  # Each with `about`, `http_port`, `grpc_port` if it serves gRPC, and `consumes`.
  of = lib.listToAttrs (map (role: lib.nameValuePair role.name role) roles);

  # The role that listens on [http] and [grpc] even in its own process.
  front = "api";
}
