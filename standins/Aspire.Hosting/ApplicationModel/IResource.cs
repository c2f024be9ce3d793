using System.Collections.ObjectModel;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something the mesh consists of: a project, a server, a database, a parameter.</summary>
public interface IResource
{
    /// <summary>Unique in the model; letters, digits and hyphens, 1 to 64 characters.</summary>
    string Name { get; }

    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>A fact about a resource; everything the With* methods say is kept as one.</summary>
public interface IResourceAnnotation;

/// <summary>The facts of one resource, in the order they were added.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

/// <summary>What adding an annotation does to those of the same type.</summary>
public enum ResourceAnnotationMutationBehavior
{
    Append = 0,
    Replace = 1,
}
