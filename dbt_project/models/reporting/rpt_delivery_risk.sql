{{ config(tags=["outlook"]) }}

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
    coalesce(said.as_of_on = project.effective_on, false) as is_current
from {{ last_said("delivery_forecast", "subject_type, subject_id") }} as said
left join {{ ref("dim_project") }} as project using (project_id)
left join
    {{ ref("int_governance__project_trust") }} as trust
    on trust.project_id = said.project_id
