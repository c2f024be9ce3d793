using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.State;

/// <summary>The store lies in the state folder, with the data of servers.</summary>
internal sealed class AspireStore(IDistributedApplicationBuilder builder) : IAspireStore
{
    public string BasePath => StateFolder.Of(builder).Folder("store");

    public string GetFileNameWithContent(string filenameTemplate, Stream contentStream)
    {
        ArgumentException.ThrowIfNullOrEmpty(filenameTemplate);
        ArgumentNullException.ThrowIfNull(contentStream);
        using var content = new MemoryStream();
        contentStream.CopyTo(content);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)))[..12];
        var path = Path.Combine(BasePath, $"{Path.GetFileNameWithoutExtension(filenameTemplate)}.{hash}{Path.GetExtension(filenameTemplate)}");
        if (!File.Exists(path)) File.WriteAllBytes(path, content.ToArray());
        return path;
    }
}
