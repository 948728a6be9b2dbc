{{ config(tags=["outlook"]) }}

select
    said.series_id,
    said.as_of_on,
    said.model_id,
    said.model_version,
    said.week_on,
    said.horizon_weeks,
    said.forecast_status,
    said.completed_count_p10,
    said.completed_count_p50,
    said.completed_count_p80,
    said.completed_count_p95,
    said.seed,
    said.inputs_hash,
    said.known_from,
    {{ is_of_newest_day("said.series_id") }} as is_current
from {{ last_said("throughput_forecast", "series_id, week_on") }} as said
