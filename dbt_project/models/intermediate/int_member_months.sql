with spans as (
    select
        person_id,
        coalesce(payer, 'unknown') as payer,
        greatest(enrollment_start_date, cast('1900-01-01' as date)) as first_day,
        least(coalesce(enrollment_end_date, business_date), business_date) as last_day
    from {{ ref('stg_eligibility') }}
    where {{ this_client_night() }}
),

months_of_spans as (
    select
        person_id,
        payer,
        cast({{ dbt.date_trunc('month', 'first_day') }} as date) as first_month,
        cast({{ dbt.datediff('first_day', 'last_day', 'month') }} as integer) as months_after
    from spans
    where first_day <= last_day
),

months as (
    -- Distinct: spans of the same payer may overlap, or end and start in the same month.
    select distinct
        person_id,
        payer,
        cast({{ dbt.dateadd('month', 'cast(numbers.value as integer)', 'first_month') }} as date) as first_day
    from months_of_spans, {{ numbers_to('months_after') }}
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    person_id,
    {{ year_month('first_day') }} as year_month,
    payer
from months
