{{ config(materialized="view") }}

-- What each task waits for, read from texts such as "A1; A2SS+3": key, relation and
-- lag in working days. A text
-- that is itself the key of a task is that task.
with
    written as (
        select
            site_id,
            task_id as successor_task_id,
            recorded_at,
            known_from,
            trim(unnest(string_split_regex(upper(predecessors), '[;,\n]'))) as text
        from {{ ref("stg_registers__task") }}
        where not is_deleted and predecessors is not null
    ),
    read as (
        select
            written.*,
            if(
                exact.task_id is not null,
                {'key':text, 'type':'', 'lag':''},
                regexp_extract(
                    text,
                    '^(.+?)(?:\s*(FS|SS|FF|SF)\s*([+-]\s*\d+)?\s*(?:DAYS?|D)?)?$',
                    ['key', 'type', 'lag']
                )
            ) as part
        from written
        left join
            {{ ref("int_schedule__task") }} as exact
            on exact.site_id = written.site_id
            and exact.task_key = written.text
        where text <> ''
    )
select
    read.successor_task_id
    || '<'
    || part.key
    || '/'
    || coalesce(nullif(part.type, ''), 'FS') as link_id,
    predecessor.task_id as predecessor_task_id,
    part.key as predecessor_key,
    read.successor_task_id,
    coalesce(nullif(part.type, ''), 'FS') as dependency_type,
    max(coalesce(try_cast(replace(part.lag, ' ', '') as integer), 0)) as lag_days,
    max(read.recorded_at) as recorded_at,
    min(read.known_from) as known_from
from read
left join
    {{ ref("int_schedule__task") }} as predecessor
    on predecessor.site_id = read.site_id
    and predecessor.task_key = part.key
group by all
