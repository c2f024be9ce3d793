-- Who registered a device: an id of AuthService, or the pseudonym of somebody who was erased (A10). Null where nobody did, or before this.
ALTER TABLE devices ADD COLUMN registered_by text;

-- What erasures did, by request: nothing in here tells of whom.
create table erasures (
    request_id    text collate "C" not null,
    store         text collate "C" not null,
    erased        bigint not null,
    pseudonymised bigint not null,
    primary key (request_id, store)
);
