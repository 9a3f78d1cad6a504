-- A user for Grafana's data source, which may read what the dashboards show and change nothing. Run it after the first
-- start of Watchkeeper, in its database; a password or `peer` authentication is up to you.
CREATE ROLE grafana LOGIN;
GRANT USAGE ON SCHEMA watchkeeper TO grafana;
GRANT SELECT ON watchkeeper.metrics, watchkeeper.series, watchkeeper.samples, watchkeeper.alerts,
    watchkeeper.past_alerts, watchkeeper.notifications, watchkeeper.silences TO grafana;
