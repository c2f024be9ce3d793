-- Of the whole mesh, so without organisation. The private key is sealed under a data key, which is sealed under a version of
-- the master key; this database alone can't sign.
create table signing_keys (
    id                 text collate "C" primary key,
    public_key         bytea not null, -- SubjectPublicKeyInfo
    sealed_private_key bytea not null, -- PKCS #8
    sealed_data_key    bytea not null,
    master_key_version text not null,
    activates_at       timestamptz not null unique,
    created_at         timestamptz not null default now()
);

grant select, insert, delete, update (sealed_data_key, master_key_version) on signing_keys to {{api}};
