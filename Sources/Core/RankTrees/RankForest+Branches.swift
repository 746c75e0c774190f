extension RankForest {
    private func limit(atLevel level: Int) -> Int { level == 1 ? limits.twig : limits.inner }

    /// Moves children of a full branch to a new one on its right.
    ///
    /// Half of them; or few if the branch is the last of its tree, since entries that come in order fill only the last.
    mutating func split(_ node: UInt32, level: Int) {
        if level == 1 { willChange(twig: node) }
        let parentNode = parentWithRoom(of: node, level: level)
        let newNode = level == 1 ? makeTwig(parent: parentNode, tree: none) : makeInner(parent: parentNode)
        let left = branch(node, level: level)
        let right = branch(newNode, level: level)
        let isLast = isLast(node, level: level)
        left.moveLast(isLast ? max(1, left.count / 8) : left.count / 2, toFrontOf: right)
        adopt(0..<right.count, of: newNode, level: level)
        let parent = inner(parentNode)
        let place = parent.place(of: node)
        parent.setCount(left.entries, at: place)
        parent.insert(
            child: newNode, entries: right.entries, key: right.firstKey(at: 0), slot: right.firstSlot(at: 0),
            at: place + 1)
    }

    /// The parent of a branch, made if it was a root and split if it was full.
    mutating func parentWithRoom(of node: UInt32, level: Int) -> UInt32 {
        let parent = branch(node, level: level).parent
        guard parent != none else { return growRoot(above: node, level: level) }
        guard inner(parent).count == limits.inner else { return parent }
        split(parent, level: level + 1)
        return branch(node, level: level).parent
    }

    private mutating func growRoot(above node: UInt32, level: Int) -> UInt32 {
        let root = makeInner(parent: none)
        let branch = branch(node, level: level)
        inner(root).tree = branch.tree
        inner(root).insert(
            child: node, entries: branch.entries, key: branch.firstKey(at: 0), slot: branch.firstSlot(at: 0), at: 0)
        branch.parent = root
        trees[Int(branch.tree)].root = root
        trees[Int(branch.tree)].height += 1
        return root
    }

    private mutating func makeInner(parent: UInt32) -> UInt32 {
        let node = inners.allocate()
        inner(node).makeEmpty(parent: parent, tree: none)
        return node
    }

    private func isLast(_ node: UInt32, level: Int) -> Bool {
        var child = node
        var parent = branch(node, level: level).parent
        while parent != none {
            let inner = inner(parent)
            guard inner.child(at: inner.count - 1) == child else { return false }
            child = parent
            parent = inner.parent
        }
        return true
    }

    /// Tells children that `node` is their parent now.
    private func adopt(_ places: Range<Int>, of node: UInt32, level: Int) {
        let branch = branch(node, level: level)
        for place in places {
            let child = branch.child(at: place)
            switch level {
            case 1: leaf(child).twig = node
            case 2: twig(child).parent = node
            default: inner(child).parent = node
            }
        }
    }

    /// Puts things right above a branch that has just lost a child: removes it if it is empty, joins it with a sibling
    /// if it is nearly so, and takes away a root with one child. The counts above must be right already.
    mutating func mend(_ node: UInt32, level: Int) {
        let branch = branch(node, level: level)
        guard branch.parent != none else { return mendRoot(node, level: level) }
        let parentNode = branch.parent
        let parent = inner(parentNode)
        if branch.count == 0 {
            let place = parent.place(of: node)
            release(node, level: level)
            parent.remove(at: place)
            if place == 0 && parent.count > 0 { raiseFirst(of: parentNode, level: level + 1) }
        } else if branch.count < max(2, limit(atLevel: level) / 4) && parent.count > 1 {
            let place = parent.place(of: node)
            join(at: place + 1 < parent.count ? place : place - 1, of: parentNode, level: level)
        }
        if parent.count < max(2, limits.inner / 4) { mend(parentNode, level: level + 1) }
    }

    private mutating func mendRoot(_ node: UInt32, level: Int) {
        let branch = branch(node, level: level)
        let tree = branch.tree
        if branch.count == 0 {
            release(node, level: level)
            trees[Int(tree)].root = none
            trees[Int(tree)].height = 0
        } else if level > 1 && branch.count == 1 {
            let child = branch.child(at: 0)
            release(node, level: level)
            self.branch(child, level: level - 1).parent = none
            self.branch(child, level: level - 1).tree = tree
            trees[Int(tree)].root = child
            trees[Int(tree)].height -= 1
            mendRoot(child, level: level - 1)
        }
    }

    /// Makes one of two sibling branches, at `place` and behind it, or evens them out if that would be too full.
    private mutating func join(at place: Int, of parentNode: UInt32, level: Int) {
        let parent = inner(parentNode)
        let (leftNode, rightNode) = (parent.child(at: place), parent.child(at: place + 1))
        if level == 1 {
            willChange(twig: leftNode)
            willChange(twig: rightNode)
        }
        let left = branch(leftNode, level: level)
        let right = branch(rightNode, level: level)
        let total = left.count + right.count
        let leftCount = left.count
        if total <= limit(atLevel: level) * 3 / 4 {
            left.takeFirst(right.count, of: right)
            adopt(leftCount..<total, of: leftNode, level: level)
            release(rightNode, level: level)
            parent.remove(at: place + 1)
            parent.setCount(left.entries, at: place)
            return
        }
        if leftCount < total / 2 {
            left.takeFirst(total / 2 - leftCount, of: right)
            adopt(leftCount..<left.count, of: leftNode, level: level)
        } else {
            left.moveLast(leftCount - total / 2, toFrontOf: right)
            adopt(0..<(leftCount - total / 2), of: rightNode, level: level)
        }
        parent.setCount(left.entries, at: place)
        parent.setCount(right.entries, at: place + 1)
        parent.setFirst(key: right.firstKey(at: 0), slot: right.firstSlot(at: 0), at: place + 1)
    }

    mutating func release(_ node: UInt32, level: Int) {
        if level == 1 {
            twig(node).flags = []
            twigs.release(node)
        } else {
            inners.release(node)
        }
    }
}
