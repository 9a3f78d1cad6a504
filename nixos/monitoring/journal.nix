# How the journal becomes streams of Loki, for both shippers, from the one description in dashboards/source.
{ lib }:
let
  rules = map (label: {
    source_labels = label.from;
    inherit (label) regex;
    target_label = label.name;
  }) (lib.importTOML ../../dashboards/source/logs.toml).label;

  # The strings and lists of Alloy's language are those of JSON.
  alloyRule =
    rule:
    lib.concatStrings (
      [ "  rule {\n" ]
      ++ lib.mapAttrsToList (name: value: "    ${name} = ${builtins.toJSON value}\n") rule
      ++ [ "  }\n" ]
    );
in
{
  promtail = {
    job_name = "journal";
    journal = {
      max_age = "12h";
      # With the fields of the entry, for `| json`.
      json = true;
      labels.job = "systemd-journal";
    };
    relabel_configs = rules;
  };

  alloy = push: ''
    loki.relabel "watchkeeper" {
      forward_to = []

    ${lib.concatMapStrings alloyRule rules}}

    loki.source.journal "watchkeeper" {
      max_age        = "12h"
      format_as_json = true
      labels         = { job = "systemd-journal" }
      relabel_rules  = loki.relabel.watchkeeper.rules
      forward_to     = [loki.write.watchkeeper.receiver]
    }

    loki.write "watchkeeper" {
      endpoint {
        url = ${builtins.toJSON push}
      }
    }
  '';
}
