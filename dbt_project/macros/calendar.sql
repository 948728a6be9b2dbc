{# Working days, counted in one way: by dim_calendar within its years, and beyond them by weekdays, which is what the     #}
{# calendar would say of years that no register speaks of. A model takes `working_days()` as its `calendar`, of one row,  #}
{# joins that to each row (cross join) in a step that does nothing else, and turns days into numbers and back.            #}
{# What a calendar holds: its first day, its working days in order, and, day by day, how many more of them there have     #}
{# been by then than weekdays. The portfolio's own calendar unless another is named.                                      #}
{% macro working_days(calendar_id="default") -%}
    (
        select
            min(day_on) as first_on,
            list(day_on order by day_on) filter (where is_working_day) as days,
            list(
                working_day_number
                - {{ _weekday_number("day_on + 1") }}
                + {{ _weekday_number("first_day_on") }}
                order by day_on
            ) as gains
        from
            (
                select *, min(day_on) over () as first_day_on
                from {{ ref("dim_calendar") }}
                where calendar_id = '{{ calendar_id }}'
            )
    )
{%- endmacro %}

{# The number of a working day; days off count as the next working day. Working days from one day up to another, both    #}
{# included: the number of the day after the last, less that of the first.                                               #}
{% macro workday_number(day) -%}
    (
        {{ _weekday_number(day) }} + coalesce(
            calendar.gains[
                greatest(least({{ day }} - calendar.first_on, len(calendar.gains)), 0)
            ],
            0
        )
    )
{%- endmacro %}

{# The day of that number. #}
{% macro workday(number) -%}
    {%- set place -%}
        {{ number }} - {{ _weekday_number("calendar.first_on") }}
    {%- endset -%}
    case
        when {{ place }} between 0 and len(calendar.days) - 1
        then calendar.days[{{ place }} + 1]
        when {{ place }} >= len(calendar.days)
        then {{ _weekday(number ~ " - calendar.gains[-1]") }}
        else {{ _weekday(number) }}
    end
{%- endmacro %}

{# Weekdays from Monday 5 January 1970 up to the day, that day excluded. #}
{% macro _weekday_number(day) -%}
    (
        5 * divide(date_diff('day', date '1970-01-05', {{ day }}), 7)
        + least(date_diff('day', date '1970-01-05', {{ day }}) % 7, 5)
    )
{%- endmacro %}

{% macro _weekday(number) -%}
    (
        date '1970-01-05'
        + cast(7 * divide({{ number }}, 5) + ({{ number }}) % 5 as integer)
    )
{%- endmacro %}
