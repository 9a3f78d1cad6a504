# What differs between the releases of NixOS that the module works on: 25.05, 25.11 and 26.05.
{
  config,
  options,
}:
{
  # Since 25.11, a unit of its own creates databases and users, and the target waits for it. Before, the server's
  # unit did this while it started.
  postgresqlReady =
    if config.systemd.targets ? postgresql then "postgresql.target" else "postgresql.service";

  # Promtail reached its end of life: later releases have its option only to say so.
  hasPromtail = (options.services.promtail or { }) ? enable;
}
