-- Levels of the register, programmes that projects name without one, and the projects.
-- A level within a cycle, or
-- below one that nobody declared, hangs on the top: so every project is reached once.
{% set top = "'portfolio:all'" %}
with recursive
    level as (
        select
            level.*, parent.node_id as parent_node_id, lower(level.node_name) as label
        from {{ ref("stg_registers__portfolio") }} as level
        left join
            {{ ref("stg_registers__portfolio") }} as parent
            on parent.site_id = level.site_id
            and parent.node_key = level.parent_key
            and not parent.is_deleted
        where not level.is_deleted
    ),
    climb as (
        select node_id as origin_id, parent_node_id as at_id, [node_id] as seen
        from level
        where parent_node_id is not null
        union all
        select
            climb.origin_id,
            level.parent_node_id,
            list_append(climb.seen, level.node_id)
        from climb
        inner join level on level.node_id = climb.at_id
        where
            not list_contains(climb.seen, climb.at_id)
            and level.parent_node_id is not null
    ),
    circular as (
        select distinct origin_id as node_id from climb where at_id = origin_id
    ),
    project as (
        select
            project.*,
            arg_min(
                level.node_id,
                row(level.label <> lower(project.programme_name), level.node_id)
            ) over (partition by project.project_id) as level_id
        from {{ ref("dim_project") }} as project
        left join
            level
            on level.project_site_id = project.site_id
            and lower(project.programme_name) in (level.label, lower(level.node_key))
        where not project.is_deleted
        qualify
            row_number() over (partition by project.project_id order by level.node_id)
            = 1
    ),
    node as (
        select
            level.node_id,
            level.site_id,
            level.node_key,
            level.node_name,
            coalesce(level.node_type, 'programme') as node_type,
            if(
                circular.node_id is null,
                coalesce(level.parent_node_id, {{ top }}),
                {{ top }}
            ) as parent_node_id,
            level.parent_key as stated_parent_key,
            null::varchar as project_id,
            circular.node_id is not null as is_in_cycle,
            level.parent_key is null
            or level.parent_node_id is not null as is_parent_known,
            level.owner_name,
            level.owner_email,
            level.recorded_at,
            level.known_from
        from level
        left join circular using (node_id)
        union all
        select
            'implied:' || lower(programme_name),
            min(site_id),
            null,
            min(programme_name),
            'programme',
            {{ top }},
            null,
            null,
            false,
            true,
            null,
            null,
            max(recorded_at),
            min(known_from)
        from project
        where level_id is null and programme_name is not null
        group by lower(programme_name)
        union all
        select
            project_id as node_id,
            site_id,
            project_key,
            project_name,
            'project',
            coalesce(level_id, 'implied:' || lower(programme_name), {{ top }}),
            programme_name,
            project_id,
            false,
            true,
            owner_name,
            owner_email,
            recorded_at,
            known_from
        from project
    ),
    descent as (
        select
            {{ top }} as node_id,
            0 as depth,
            'All projects' as path,
            [{{ top }}] as ancestor_ids
        union all
        select
            node.node_id,
            descent.depth + 1,
            descent.path || ' > ' || coalesce(node.node_name, node.node_key),
            list_append(descent.ancestor_ids, node.node_id)
        from descent
        inner join node on node.parent_node_id = descent.node_id
    )
select
    descent.node_id,
    node.site_id,
    node.node_key,
    coalesce(node.node_name, 'All projects') as node_name,
    coalesce(node.node_type, 'top') as node_type,
    node.parent_node_id,
    node.stated_parent_key,
    node.project_id,
    descent.depth,
    descent.path,
    coalesce(node.is_in_cycle, false) as is_in_cycle,
    coalesce(node.is_parent_known, true) as is_parent_known,
    node.owner_name,
    node.owner_email,
    node.recorded_at,
    node.known_from,
    descent.ancestor_ids as _ancestor_ids
from descent
left join node using (node_id)
