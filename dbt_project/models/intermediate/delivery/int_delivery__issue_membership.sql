{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="issue_id",
        post_hook="delete from {{ this }} where member_id is null",
    )
}}
{% set mark = watermark() if is_incremental() else {} %}

-- Since when and until when an issue was in a sprint or release. A sprint field tells
-- the whole list before and after; versions come and go one by one.
with
    {% if is_incremental() %}
        touched as (
            {{ changed_issues(mark, {"fct_issue_field_history": "recorded_at"}) }}
        ),
    {% endif %}
    set_field as (
        select site_id, unnest(sprint_field_ids) as field_id, 'sprint' as set_name
        from {{ ref("int_delivery__field_role") }}
        union all
        select server.site_id, 'fixVersions', 'fix_version'
        from {{ ref("stg_jira__server") }} as server
        union
        select project.site_id, 'fixVersions', 'fix_version'
        from {{ ref("stg_jira__project") }} as project
    ),
    entry as (
        select
            history.issue_id,
            set_field.site_id,
            set_field.set_name,
            history.field_id,
            history.change_id,
            history.is_initial,
            history._history_number,
            history._item_index,
            history.valid_from,
            history.known_from,
            coalesce(string_split_regex(history.from_id, ',\s*'), []) as told_before,
            coalesce(string_split_regex(history.to_id, ',\s*'), []) as after
        from
            -- within, so that the few are found before they are joined
            (
                select *
                from {{ ref("fct_issue_field_history") }}
                where {{ only_touched() }}
            ) as history
        inner join
            set_field
            on set_field.field_id = history.field_id
            and set_field.site_id = split_part(history.issue_id, ':', 1)
    ),
    chained as (
        select
            *,
            if(
                set_name = 'sprint', coalesce(lag(after) over chain, []), told_before
            ) as before,
            row_number() over chain as place
        from entry
        window
            chain as (
                partition by issue_id, field_id
                order by
                    valid_from, not is_initial, _history_number, _item_index, change_id
            )
    ),
    step as (
        select * exclude (before, after), unnest(after) as native_id, true as is_in
        from chained
        where len(after) > 0
        union all by name
        select
            * exclude (before, after),
            unnest(
                list_filter(before, lambda one: not list_contains(after, one))
            ) as native_id,
            false as is_in
        from chained
        where len(before) > 0
    ),
    -- only where it comes or goes: a list tells the same member again and again
    turned as (
        select *
        from step
        qualify
            is_in is distinct from coalesce(
                lag(is_in) over (
                    partition by issue_id, set_name, native_id
                    order by valid_from, place, is_in
                ),
                false
            )
    ),
    stay as (
        select
            issue_id,
            set_name,
            site_id || ':' || native_id as member_id,
            valid_from,
            lead(valid_from) over chain as valid_to,
            known_from,
            coalesce(lead(known_from) over chain, known_from) as ended_known_from,
            is_in
        from turned
        window
            chain as (
                partition by issue_id, set_name, native_id
                order by valid_from, place, is_in
            )
    )
select
    issue_id,
    set_name,
    member_id,
    valid_from,
    valid_to,
    coalesce(valid_to, valid_from) as recorded_at,
    greatest(known_from, ended_known_from) as known_from,
    {{ tide([ref("fct_issue_field_history")]) }} as _commit_seq,
    {{ as_of() }} as _as_of
from stay
where is_in and valid_to is distinct from valid_from
{% if is_incremental() %}
    union all by name
    -- an issue that is in nothing any more takes its old rows along
    select touched.issue_id
    from touched
    where touched.issue_id not in (select stay.issue_id from stay)
{% endif %}
