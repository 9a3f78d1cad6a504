# The commands that create the topics of all roles, as the roles would do it themselves.
{ lib }:
let
  table = import ../table.nix { inherit lib; };

  # A record of 1 MiB with headers of 64 KiB, and 64 KiB for what Kafka adds.
  maxMessageBytes = 1024 * 1024 + 2 * 64 * 1024;

  milliseconds = {
    ms = 1;
    s = 1000;
    m = 60 * 1000;
    h = 60 * 60 * 1000;
    d = 24 * 60 * 60 * 1000;
  };
  toMilliseconds =
    duration:
    let
      parts = builtins.match "([0-9]+)(ms|s|m|h|d)" duration;
    in
    if parts == null then
      throw "services.watchkeeper.settings.backends.kafka.retention is ${duration}, not a number with ms, s, m, h or d"
    else
      lib.toInt (lib.elemAt parts 0) * milliseconds.${lib.elemAt parts 1};

  consumed = lib.unique (
    lib.concatMap (role: map (consumes: consumes.topic) role.consumes) (lib.attrValues table.of)
  );
  isDead = lib.hasSuffix ".dead";
in
{
  # Of a topic that exists nothing is changed.
  creating =
    { bootstrap, settings }:
    lib.concatMapStrings (
      topic:
      let
        partitions = if isDead topic then 1 else settings.partitions or 8;
        retention = if isDead topic then "30d" else settings.retention or "7d";
      in
      ''
        kafka-topics.sh --bootstrap-server ${bootstrap} --create --if-not-exists \
          --topic ${lib.escapeShellArg "${settings.prefix or ""}${topic}"} \
          --partitions ${toString partitions} --replication-factor ${toString (settings.replication or 1)} \
          --config retention.ms=${toString (toMilliseconds retention)} \
          --config max.message.bytes=${toString maxMessageBytes}
      ''
    ) consumed;
}
