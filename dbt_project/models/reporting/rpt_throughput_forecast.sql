{{ config(tags=["outlook"]) }}

with
    said as (
        select *
        from {{ source("ledger", "throughput_forecast") }}
        qualify
            row_number() over (
                partition by series_id, as_of_on, model_id, week_on
                order by known_from desc, inputs_hash, seed
            )
            = 1
    ),
    latest as (
        select series_id, max(as_of_on) as as_of_on
        from said
        where as_of_on <= {{ local_day(as_of()) }}
        group by series_id
    )
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
    latest.as_of_on is not null as is_current
from said
left join latest using (series_id, as_of_on)
