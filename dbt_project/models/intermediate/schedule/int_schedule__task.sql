{{ config(materialized="view") }}

-- Tasks of every kind of schedule in one shape: each further source is one more
-- branch of the union.
select
    task.task_id,
    task.site_id,
    'register' as source_type,
    project.project_id,
    task.project_key,
    coalesce(
        project.project_id, task.project_site_id || '/' || task.project_key
    ) as schedule_id,
    task.task_key,
    task.task_name,
    task.planned_start_on,
    task.planned_finish_on,
    task.baseline_start_on,
    task.baseline_finish_on,
    task.actual_start_on,
    task.actual_finish_on,
    task.duration_days,
    task.percent_complete,
    task.owner_name,
    task.owner_email,
    task.recorded_at,
    task.known_from
from {{ ref("stg_registers__task") }} as task {{ join_project("task") }}
where not task.is_deleted
