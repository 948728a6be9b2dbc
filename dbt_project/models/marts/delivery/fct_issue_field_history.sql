{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}
{# a view gives no way to leave issues out before they are spread out into a row a field #}
{% set held_values = issue_values(only_touched()) if is_incremental() else ref("int_delivery__issue_value") %}

with
    {% if is_incremental() %}
        touched as (
            {{ changed_issues(mark, {"int_delivery__issue_current": "updated_at", "int_delivery__issue_change": "changed_at"}) }}
        ),
    {% endif %}
    issue as {{ "not materialized" if not is_incremental() }} (
        select
            issue_id,
            project_id,
            site_id,
            created_at,
            first_known_from,
            site_id || ':' || creator.account_id as creator_id
        from {{ ref("int_delivery__issue_current") }}
        where {{ only_touched() }} and created_at <= {{ as_of() }}
    ),
    change as {{ "not materialized" if not is_incremental() }} (
        select * from {{ ref("int_delivery__issue_change") }} where {{ only_touched() }}
    ),
    -- backwards: before its first change, a field held what that change replaced
    first_change as (select * from change where _position = 1),
    -- an element of a set was there from the start if its first entry removes it ...
    initial_element as (
        select
            issue_id,
            field_id,
            arg_min_null(from_id, _position) as value_id,
            arg_min_null(from_value, _position) as value
        from change
        where is_set
        group by issue_id, field_id, coalesce(from_id, to_id, from_value, to_value)
        having arg_min(to_value is null, _position)
        union all
        -- ... or if it is there today and no change ever spoke of it
        select held.issue_id, held.field_id, held.value_id, held.value
        from {{ held_values }} as held
        anti join
            (
                select issue_id, field_id, coalesce(from_id, to_id) as value_id
                from change
                where is_set
            ) using (issue_id, field_id, value_id)
        where held.is_set
    ),
    -- sorted as lists: an aggregate with an order of its own sorts group by group
    initial_set as (
        select
            issue_id,
            field_id,
            {{ joined("elements", "id") }} as value_id,
            {{ joined("elements", "value") }} as value
        from
            (
                select
                    issue_id,
                    field_id,
                    list_sort(list({'id':value_id, 'value':value})) as elements
                from initial_element
                group by all
            )
    ),
    initial_value as (
        select
            issue_id,
            field_id,
            field_name,
            case
                when is_set then initial_set.value_id else first_change.from_id
            end as value_id,
            case
                when is_set then initial_set.value else first_change.from_value
            end as value,
            changed_at as next_changed_at
        from first_change
        left join initial_set using (issue_id, field_id)
        union all
        select issue_id, field_id, null, value_id, value, null
        from
            (
                select issue_id, field_id, value_id, value
                from {{ held_values }}
                where not is_set
                union all
                select issue_id, field_id, value_id, value
                from initial_set
            )
        anti join first_change using (issue_id, field_id)
    ),
    whole as (
        select
            issue.issue_id || ':' || initial_value.field_id || ':initial' as change_id,
            issue_id,
            field_id,
            coalesce(
                initial_value.field_name, field.field_name, field_id
            ) as field_name,
            null as from_id,
            null as from_value,
            value_id as to_id,
            value as to_value,
            issue.created_at as changed_at,
            issue.creator_id as author_id,
            true as is_initial,
            false as is_reconstructed,
            next_changed_at,
            issue.first_known_from as known_from,
            null as _history_number,
            0 as _item_index
        from initial_value
        inner join issue using (issue_id)
        left join {{ ref("stg_jira__field") }} as field using (site_id, field_id)
        union all by name
        select change.* exclude (is_set, _position, _commit_seq), false as is_initial
        from change
    )
select
    change_id,
    issue_id,
    issue.project_id,
    field_id,
    field_name,
    from_id,
    from_value,
    to_id,
    to_value,
    changed_at,
    author_id,
    is_initial,
    is_reconstructed,
    changed_at as valid_from,
    case when next_changed_at <= {{ as_of() }} then next_changed_at end as valid_to,
    changed_at as recorded_at,
    whole.known_from,
    _history_number,
    _item_index::integer as _item_index,
    {{ tide([ref("int_delivery__issue_current"), ref("int_delivery__issue_change")]) }}
    as _commit_seq,
    {{ as_of() }} as _as_of
from whole
inner join issue using (issue_id)
where changed_at <= {{ as_of() }}
