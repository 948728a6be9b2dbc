{{ config(tags=["outlook"]) }}

-- As the portfolio forecast: every change says all rows again, under one hash.
with
    said as (
        select *
        from {{ source("ledger", "allocation_advice") }}
        qualify
            row_number() over (
                partition by advice_id, as_of_on, model_id, inputs_hash
                order by known_from desc, seed
            )
            = 1
    ),
    newest as (
        select as_of_on, model_id, inputs_hash, known_from
        from said
        qualify
            row_number() over (
                partition by as_of_on, model_id order by known_from desc, inputs_hash
            )
            = 1
    ),
    latest as (
        select as_of_on, model_id
        from newest
        where as_of_on <= {{ local_day(as_of()) }}
        order by as_of_on desc, known_from desc, model_id
        limit 1
    )
select
    said.advice_id,
    said.advice_rank,
    said.action_type,
    said.subject_type,
    said.subject_id,
    said.subject_key,
    said.giver_id,
    said.giver_key,
    said.amount,
    said.amount_unit,
    said.moved_to_on,
    said.as_of_on,
    said.model_id,
    said.model_version,
    said.forecast_status,
    said.expected_days_saved,
    said.days_saved_low,
    said.days_saved_high,
    said.days_saved_p10,
    said.days_saved_p50,
    said.days_saved_p80,
    said.days_saved_p95,
    said.expected_promises_saved,
    said.planned_days_saved,
    said.bound_days_saved,
    said.optimality_gap,
    said.trial_count,
    said.seed,
    said.inputs_hash,
    said.sentence,
    said.known_from,
    latest.as_of_on is not null as is_current
from said
inner join newest using (as_of_on, model_id, inputs_hash)
left join latest using (as_of_on, model_id)
