{{ config(tags=["outlook"]) }}

with
    said as (
        select *
        from {{ source("ledger", "capacity_forecast") }}
        qualify
            row_number() over (
                partition by team_id, week_on, as_of_on, model_id
                order by known_from desc, inputs_hash, seed
            )
            = 1
    ),
    latest as (
        select team_id, max(as_of_on) as as_of_on
        from said
        where as_of_on <= {{ local_day(as_of()) }}
        group by team_id
    )
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
    latest.as_of_on is not null as is_current
from said
left join latest using (team_id, as_of_on)
