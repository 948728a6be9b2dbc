{{ config(tags=["outlook"]) }}

select
    said.team_id,
    said.team_key,
    said.team_name,
    said.as_of_on,
    said.model_id,
    said.model_version,
    said.week_on,
    said.horizon_weeks,
    said.forecast_status,
    said.available_hours,
    said.bearable_hours,
    said.assigned_hours,
    said.demand_hours_p10,
    said.demand_hours_p50,
    said.demand_hours_p80,
    said.demand_hours_p95,
    said.demand_basis,
    said.is_overloaded,
    said.probability_overload,
    said.history_weeks,
    said.seed,
    said.inputs_hash,
    said.known_from,
    said.sentence,
    {{ is_of_newest_day("said.team_id") }} as is_current
from {{ last_said("capacity_forecast", "team_id, week_on") }} as said
