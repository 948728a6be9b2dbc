{{ config(tags=["outlook"]) }}

-- A portfolio is one forecast: every change says all rows again, under one hash.
with
    said as (
        select *
        from {{ source("ledger", "portfolio_forecast") }}
        qualify
            row_number() over (
                partition by subject_type, subject_id, as_of_on, model_id, inputs_hash
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
    said.subject_type,
    said.subject_id,
    said.subject_key,
    said.subject_name,
    said.as_of_on,
    said.model_id,
    said.model_version,
    said.forecast_status,
    said.project_id,
    said.predecessor_project_id,
    said.predecessor_key,
    said.due_on,
    said.due_kind,
    said.finish_on_p10,
    said.finish_on_p50,
    said.finish_on_p80,
    said.finish_on_p95,
    said.total_slip_days_p10,
    said.total_slip_days_p50,
    said.total_slip_days_p80,
    said.total_slip_days_p95,
    said.expected_slip_days,
    said.probability_late,
    said.probability_all_kept,
    said.expected_late_count,
    said.promise_count,
    said.criticality_index,
    said.promise_criticality_index,
    said.expected_delay_days,
    said.expected_wait_days,
    said.trial_count,
    said.seed,
    said.inputs_hash,
    said.sentence,
    said.known_from,
    latest.as_of_on is not null as is_current
from said
inner join newest using (as_of_on, model_id, inputs_hash)
left join latest using (as_of_on, model_id)
