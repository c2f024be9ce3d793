namespace Aspire.Hosting.ApplicationModel;

/// <summary>Files of the AppHost that outlive a run. From the services of the built application.</summary>
public interface IAspireStore
{
    /// <summary>The folder; no other AppHost uses it.</summary>
    string BasePath { get; }

    /// <summary>A file in the store with the content of the stream; its name depends on the content, so equal content is one file.</summary>
    /// <param name="filenameTemplate">Name and extension to base the file's name on.</param>
    /// <param name="contentStream">The content.</param>
    /// <returns>The path.</returns>
    string GetFileNameWithContent(string filenameTemplate, Stream contentStream);
}
