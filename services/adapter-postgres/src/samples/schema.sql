
-- A partition holds the samples of one day (UTC), and is called `samples_` and the day.
CREATE TABLE samples (
    series_id bigint           NOT NULL,
    at        timestamptz      NOT NULL,
    value     double precision NOT NULL,
    PRIMARY KEY (series_id, at)
) PARTITION BY RANGE (at);
