{{ config(tags=["outlook"]) }}

with
    said as (
        select *
        from {{ source("ledger", "delivery_forecast") }}
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
    said.model_version,
    said.project_id,
    said.project_key,
    said.forecast_status,
    said.due_on,
    said.probability_late,
    said.unit,
    said.committed_scope,
    said.delivered_scope,
    said.remaining_scope,
    said.delivered_scope_p10,
    said.delivered_scope_p50,
    said.delivered_scope_p80,
    said.delivered_scope_p95,
    said.learned_from_count,
    said.drivers,
    said.seed,
    said.inputs_hash,
    said.known_from,
    said.sentence,
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
