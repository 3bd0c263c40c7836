select
    client_id,
    {{ business_date_var() }} as business_date,
    delivery_id,
    source_file,
    source_row,
    person_id,
    patient_id,
    first_name,
    last_name,
    sex,
    race,
    ethnicity,
    birth_date,
    death_date,
    city,
    state,
    zip_code,
    county,
    data_source
from {{ source('raw', 'patient') }}
where {{ this_delivery('patient') }}
