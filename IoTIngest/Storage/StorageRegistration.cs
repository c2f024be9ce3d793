namespace AiMesh.IoTIngest.Storage;

internal static class StorageRegistration
{
    public static void AddIotStorage(this WebApplicationBuilder builder)
    {
        builder.AddMeshDatabase("iot-db");
        builder.Services.AddSingleton<ScopedDatabase>();
    }
}
