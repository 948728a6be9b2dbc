{{ config(tags=["outlook"]) }}

with
    said as (
        select *
        from {{ source("ledger", "schedule_forecast") }}
        qualify
            row_number() over (
                partition by subject_type, subject_id, as_of_on, model_id
                order by known_from desc, inputs_hash, seed
            )
            = 1
    )
select
    said.subject_type,
    said.subject_id,
    said.subject_key,
    said.subject_name,
    said.as_of_on,
    said.model_id,
    said.project_id,
    said.project_key,
    said.forecast_status,
    said.finish_on_p10,
    said.finish_on_p50,
    said.finish_on_p80,
    said.finish_on_p95,
    said.baseline_on,
    said.promised_on,
    said.slip_days_p50,
    said.probability_late,
    said.model_version,
    said.seed,
    said.inputs_hash,
    said.known_from,
    said.sentence,
    said.open_count,
    said.history_weeks,
    coalesce(trust.trust_status, 'not_trusted') as trust_status,
    row_number() over (
        partition by said.subject_type, said.subject_id
        order by
            said.as_of_on <= {{ local_day(as_of()) }} desc,
            said.as_of_on desc,
            said.known_from desc,
            said.model_id
    )
    = 1
    and said.as_of_on <= {{ local_day(as_of()) }} as is_current
from said
left join
    {{ ref("int_governance__project_trust") }} as trust
    on trust.project_id = said.project_id
