-- What the sheet Alignment says; a project without a row there serves the objective
-- that the sheet Projects names, wholly.
with
    stated as (
        select
            alignment.project_site_id,
            alignment.project_key,
            alignment.site_id || ':' || alignment.objective_key as objective_id,
            alignment.alignment_weight,
            alignment.rationale,
            alignment.recorded_at,
            alignment.known_from
        from {{ ref("stg_registers__project_objective") }} as alignment
        where not alignment.is_deleted
    ),
    served as (
        select
            project.project_id,
            stated.objective_id,
            stated.alignment_weight,
            stated.rationale,
            stated.recorded_at,
            stated.known_from
        from stated
        inner join
            {{ ref("stg_jira__project") }} as project
            on project.site_id = stated.project_site_id
            and project.project_key = stated.project_key
            and not project.is_deleted
        qualify
            row_number() over (
                partition by project.project_id, stated.objective_id
                order by stated.recorded_at desc, stated.known_from desc
            )
            = 1
        union all
        select project_id, objective_id, 1::decimal(5, 4), null, recorded_at, known_from
        from {{ ref("dim_project") }} as project
        where
            objective_id is not null
            and not exists (
                select 1
                from stated
                where
                    stated.project_site_id = project.site_id
                    and stated.project_key = project.project_key
            )
    )
select
    project_id,
    objective_id,
    alignment_weight,
    cast(
        alignment_weight
        / nullif(sum(alignment_weight) over (partition by project_id), 0) as decimal(
            9, 4
        )
    ) as alignment_share_ratio,
    row_number() over (
        partition by project_id order by alignment_weight desc, objective_id
    )
    = 1 as is_primary,
    rationale,
    recorded_at,
    known_from
from served
