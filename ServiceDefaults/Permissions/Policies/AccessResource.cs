namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>The resource that a permission names: "data:read:surveys" is about the dataset "surveys".</summary>
internal static class AccessResource
{
    /// <summary>What kind of resource it is about, or null where permissions of this form name none.</summary>
    public static string? TypeOf(string permission) => permission.Split(PermissionPattern.Divider) switch
    {
        ["data", "read" or "write" or "delete" or "import" or "export", _] => "dataset",
        ["iot", "read" or "ingest", _] => "device",
        _ => null,
    };

    /// <summary>Which one; null where the permission names none, or stands for all of them ("*").</summary>
    public static string? NameOf(string permission) =>
        TypeOf(permission) is null || permission.EndsWith(PermissionPattern.Wildcard) ? null : permission[(permission.LastIndexOf(PermissionPattern.Divider) + 1)..];
}
