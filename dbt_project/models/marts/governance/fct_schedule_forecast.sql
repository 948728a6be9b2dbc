{{ config(materialized="view", tags=["outlook"], post_hook="{{ travelling_forecasts(this) }}") }}

-- Every finish forecast ever said, those said again included.
select
    subject_type,
    subject_id,
    subject_key,
    project_id,
    as_of_on,
    model_id,
    model_version,
    forecast_status,
    finish_on_p10,
    finish_on_p50,
    finish_on_p80,
    finish_on_p95,
    baseline_on,
    promised_on,
    probability_late,
    inputs_hash,
    least(known_from, {{ end_of_day("as_of_on") }}) as recorded_at,
    known_from,
    lead(known_from) over (
        partition by subject_type, subject_id, as_of_on, model_id
        order by known_from, inputs_hash
    ) as known_to
from {{ source("ledger", "schedule_forecast") }}
