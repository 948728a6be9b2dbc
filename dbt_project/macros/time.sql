{# Every question about time, in one place. Times are UTC; days are cut where the portfolio lives. #}
{# As of when the warehouse speaks. #}
{% macro as_of() -%} timestamp '{{ var("as_of") }}' {%- endmacro %}

{# Whether that is the sources' present, which a run speaks of by default. Then all that is landed counts: a file's  #}
{# time is another machine's clock, and may be later than the last time that a source told.                         #}
{% macro is_present() -%} {{ var("is_present") }} {%- endmacro %}

{# Whether something was on record by then; at present, everything landed is. #}
{% macro recorded_to_date(moment) -%}
    ({{ moment }} <= {{ as_of() }} or {{ is_present() }})
{%- endmacro %}

{# What the source had recorded by `as_of`: the filter of backtests. #}
{% macro recorded(relation, moment=none) -%}
    (select * from {{ relation }} where recorded_at <= {{ moment or as_of() }})
{%- endmacro %}

{# What had reached us by `as_of`: the filter of audits. #}
{% macro known(relation, moment=none) -%}
    (select * from {{ relation }} where known_from <= {{ moment or as_of() }})
{%- endmacro %}

{# A source's own text (any offset) as UTC; what cannot be read is null, the payload keeps the text. Years beyond #}
{# 9999 were seen in Jira; DuckDB would take them, most readers of a warehouse fail on them.                      #}
{% macro utc(text) -%}
    {# by way of numbers: `at time zone` asks a calendar for each value, three times the work #}
    make_timestamp(epoch_us(try_cast({{ _of_four_digits(text) }} as timestamptz)))
{%- endmacro %}

{# A source's own text as a date, under the same rule. #}
{% macro day(text) -%} try_cast({{ _of_four_digits(text) }} as date) {%- endmacro %}

{% macro _of_four_digits(text) -%}
    if({{ text }} [5] = '-' and {{ text }} >= '0001', {{ text }}, null)
{%- endmacro %}

{# The reporting day on which a UTC instant falls. #}
{% macro local_day(instant) -%}
    cast(
        {{ instant }} at time zone 'UTC' at time zone '{{ var("reporting_timezone") }}'
        as date
    )
{%- endmacro %}

{# The reporting day on which `as_of` falls. What asks for no more of the moment stands until that day is over. #}
{% macro as_of_day() -%} {{ local_day(as_of()) }} {%- endmacro %}

{# The first instant of a reporting day, as UTC. #}
{% macro start_of_day(day) -%}
    (
        cast({{ day }} as timestamp)
        at time zone '{{ var("reporting_timezone") }}' at time zone 'UTC'
    )
{%- endmacro %}

{# The last second of a reporting day, as UTC. #}
{% macro end_of_day(day) -%}
    (
        (
            {{ day }} + interval 1 day
        ) at time zone '{{ var("reporting_timezone") }}' at time zone 'UTC'
        - interval 1 second
    )
{%- endmacro %}
